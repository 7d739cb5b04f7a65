//! The grants of the token endpoint, one file each, and what they have in common: a token is decided on what
//! was read, signed outside any transaction, and stored in one that checks it all again.

pub mod authorization_code;
pub mod client_credentials;
pub mod refresh_token;

use crate::db::schema::access_tokens::{self, AccessToken};
use crate::db::schema::agents::{self, Standing};
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::db::schema::oauth_requests::{self, OauthRequest};
use crate::db::schema::{overseers, oversights};
use crate::db::{Error, Tx};
use crate::id::{AgentId, OverseerId};
use crate::identity::dpop::Proof;
use crate::oauth::access_token::TokenGrant;
use crate::oauth::authentication::{Authenticated, Party, client_may_act};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::id_token::IdTokenGrant;
use crate::oauth::policy::Policy;

/// Every grant there is. Whoever adds one is led by the compiler to each place that must know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GrantType {
    /// RFC 6749 section 4.1: a client redeems a code that an agent gave it.
    AuthorizationCode,
    /// RFC 6749 section 6: a client goes on without the agent.
    RefreshToken,
    /// RFC 6749 section 4.4: the caller acts as itself.
    ClientCredentials,
}

impl GrantType {
    /// All of them, for the discovery document.
    pub const ALL: &'static [Self] = &[Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    /// The `grant_type` parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// Reads the `grant_type` parameter.
    pub fn parse(text: &str) -> Result<Self, OauthError> {
        let known = Self::ALL.iter().copied().find(|grant| grant.as_str() == text);
        known.ok_or_else(|| ErrorCode::UnsupportedGrantType.into())
    }
}

/// One grant: what it reads, what it gives, and what it changes.
pub trait Grant: Send + Sync + 'static {
    /// What the database holds for the request.
    type Row: Send + 'static;

    /// The row, for a grant that needs none: then a caller who is known need not be read again.
    fn without_row(&self) -> Option<Self::Row> {
        None
    }

    /// Reads it, and whose the token will be; `None` for a client's own. Nothing is refused yet, for the caller
    /// is not authenticated.
    fn look_up(&self, tx: &mut Tx<'_>, caller: &Party) -> Result<(Self::Row, Option<AgentId>), Error>;

    /// What the token will say, if everything fits.
    fn decide(&self, row: Self::Row, context: &Context<'_>) -> Result<Decision, OauthError>;

    /// What must be true, and change, when the token is stored. `Some` refuses it; what was written for the
    /// refusal stays.
    fn settle(
        &self,
        tx: &mut Tx<'_>,
        draft: &Draft,
        standing: Option<&Standing>,
        now: i64,
    ) -> Result<Option<ErrorCode>, Error>;
}

/// What a decision rests on besides the request and its row.
pub struct Context<'a> {
    /// Who calls.
    pub caller: &'a Authenticated,
    /// The thumbprint of the DPoP key, of a request with a proof.
    pub jkt: Option<&'a str>,
    /// The issuer.
    pub issuer: &'a str,
    /// Who is held to what, and how long tokens live.
    pub policy: Policy,
    /// Unix seconds.
    pub now: i64,
}

/// What a token will say.
pub struct Decision {
    /// Its content.
    pub token: TokenGrant,
    /// The APIs that an agent's own token is for: a line in its history each.
    pub history: Vec<String>,
    /// The id token that goes with it.
    pub id_token: Option<IdTokenGrant>,
}

/// A signed token, to be stored.
#[derive(Clone)]
pub struct Draft {
    /// Who calls.
    pub caller: Authenticated,
    /// The proof that comes along.
    pub proof: Option<Proof>,
    /// The row.
    pub token: AccessToken,
    /// Whether the token says that an overseer answers for the agent.
    pub is_overseen: bool,
    /// Lines for the agent's history.
    pub history: Vec<Line>,
}

/// A line of an agent's history that stands there once a day.
#[derive(Clone)]
pub struct Line {
    /// The line.
    pub request: OauthRequest,
    /// What keeps it from standing there twice: the SHA-256 of agent, day and API.
    pub once_a_day: String,
}

/// What came of storing a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is stored; hand it out.
    Stored,
    /// It is not. What was written for that stays: a spent proof, an ended family.
    Refused(ErrorCode),
    /// Somebody began or ceased to answer for the agent, or the client was changed: decide and sign again. Nothing
    /// was written.
    Changed,
}

/// Stores the token if all that was verified before still holds.
pub fn store<G: Grant>(tx: &mut Tx<'_>, grant: &G, draft: &Draft, policy: Policy, now: i64) -> Result<Outcome, Error> {
    let standing = match &draft.token.agent_id {
        Some(agent_id) => agents::standing(tx, agent_id, &draft.token.client_id)?,
        None => None,
    };
    let overseer_id = standing.as_ref().and_then(|standing| standing.overseer_id.as_ref());
    if counts(tx, overseer_id, policy)? != draft.is_overseen {
        return Ok(Outcome::Changed);
    }
    let may_act = match &draft.caller.party {
        // An agent asks for itself alone, and how it stands says all that there is to know of it.
        Party::Agent(agent) => {
            let standing = standing.as_ref().filter(|standing| standing.public_key == agent.public_key);
            let Some(standing) = standing else { return Ok(Outcome::Refused(ErrorCode::InvalidClient)) };
            standing.is_free
        }
        Party::Client(then) => match oauth_clients::find(tx, &then.id)? {
            None => return Ok(Outcome::Refused(ErrorCode::InvalidClient)),
            Some(now) if now == **then => client_may_act(tx, &now)?,
            // Also when it has other keys: among them may be the one that it signed with.
            Some(_) => return Ok(Outcome::Changed),
        },
    };
    if !draft.caller.spend(tx)? {
        return Ok(Outcome::Refused(ErrorCode::InvalidClient));
    }
    if let Some(proof) = &draft.proof
        && !proof.spent.spend(tx)?
    {
        return Ok(Outcome::Refused(ErrorCode::InvalidDpopProof));
    }
    if !may_act {
        return Ok(Outcome::Refused(ErrorCode::UnauthorizedClient));
    }
    if let Some(refused) = grant.settle(tx, draft, standing.as_ref(), now)? {
        return Ok(Outcome::Refused(refused));
    }
    access_tokens::insert(tx, &draft.token)?;
    for line in &draft.history {
        oauth_requests::insert(tx, &line.request, Some(&line.once_a_day))?;
    }
    Ok(Outcome::Stored)
}

/// Whether an overseer answers for the agent now; nobody does for a client.
pub fn is_overseen(tx: &mut Tx<'_>, agent_id: Option<&AgentId>, policy: Policy) -> Result<bool, Error> {
    let Some(agent_id) = agent_id else { return Ok(false) };
    let oversight = oversights::active(tx, agent_id)?;
    counts(tx, oversight.as_ref().map(|oversight| &oversight.overseer_id), policy)
}

/// Whether tokens say that this overseer answers for an agent.
fn counts(tx: &mut Tx<'_>, overseer_id: Option<&OverseerId>, policy: Policy) -> Result<bool, Error> {
    match overseer_id {
        // Who pays without an account answers for nothing.
        Some(overseer_id) if overseer_id.is_shadow() => Ok(false),
        Some(overseer_id) if policy.wants_confirmed_overseers => overseers::is_confirmed(tx, overseer_id),
        Some(_) => Ok(true),
        None => Ok(false),
    }
}

/// Whether a client may get this token for the agent now: the agent is there and not stopped, its overseer does
/// not forbid the client, and is still the one who picked the agent, if one did.
fn agent_allows(standing: Option<&Standing>, token: &AccessToken) -> bool {
    standing.is_some_and(|standing| {
        let is_actor = token.actor_id.is_none() || token.actor_id == standing.overseer_id;
        standing.is_free && !standing.is_blocked && is_actor
    })
}

/// The client that calls, if it is registered for the grant; an agent as itself is not.
fn client_for<'a>(context: &Context<'a>, grant: GrantType) -> Result<&'a OauthClient, OauthError> {
    match &context.caller.party {
        Party::Client(client) if client.grant_types.contains(grant.as_str()) => Ok(client),
        Party::Client(_) | Party::Agent(_) => Err(ErrorCode::UnauthorizedClient.into()),
    }
}
