//! Who calls an OAuth endpoint, and how they show it (RFC 6749 section 2.3): an agent as itself, by an
//! assertion; or a client, by the one method that it is registered with.
//!
//! What was verified outside a transaction is confirmed in the one that acts: the caller is still there and has
//! the same key or secret. An assertion is spent there, too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::key_set::KeySet;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::oauth_clients::{self, AuthMethod, OauthClient};
use crate::db::{Error, Tx};
use crate::id::{AgentId, ClientId, Owner};
use crate::identity::dpop::SpentProof;
use crate::oauth::client_assertion::{self, Expected, UnverifiedAssertion};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::policy::fapi_problem;
use crate::secret::TokenHash;

/// Who calls.
#[derive(Clone)]
pub enum Party {
    /// An agent as itself.
    Agent(Agent),
    /// A registered application.
    Client(Box<OauthClient>),
}

/// What a caller shows; not verified.
pub enum Credentials {
    /// `private_key_jwt`.
    Assertion(UnverifiedAssertion),
    /// A secret, and in which of the two ways it came.
    Secret {
        /// Whose it claims to be.
        client_id: String,
        /// The secret's hash.
        hash: TokenHash,
        /// `client_secret_basic` or `client_secret_post`.
        method: AuthMethod,
    },
    /// Nothing but a name.
    Public {
        /// Who it claims to be.
        client_id: String,
    },
}

/// A caller whose credentials hold. An assertion is not spent yet.
#[derive(Clone)]
pub struct Authenticated {
    /// The caller, as it was when its credentials were verified.
    pub party: Party,
    /// To be spent in the transaction that acts.
    assertion: Option<SpentProof>,
}

impl Credentials {
    /// Reads what comes with a request. `authorization` is the header's value.
    pub fn read(form: &Form, authorization: Option<&str>) -> Result<Self, OauthError> {
        let has_assertion = form.get("client_assertion").is_some() || form.get("client_assertion_type").is_some();
        let ways = [authorization.is_some(), form.get("client_secret").is_some(), has_assertion];
        // RFC 6749 section 2.3: one method in each request.
        if ways.into_iter().filter(|&is_used| is_used).count() > 1 {
            let description =
                "The request authenticates in more than one way. Use the one that the client is registered with.";
            return Err(ErrorCode::InvalidRequest.because(description));
        }
        if has_assertion {
            return client_assertion::read(form).map(Self::Assertion);
        }
        let client_id = form.get("client_id").map(str::to_owned);
        if let Some(authorization) = authorization {
            let (id, hash) = basic(authorization).ok_or(ErrorCode::InvalidClient)?;
            if client_id.is_some_and(|client_id| client_id != id) {
                return Err(ErrorCode::InvalidClient.into());
            }
            return Ok(Self::Secret { client_id: id, hash, method: AuthMethod::ClientSecretBasic });
        }
        let client_id = client_id.ok_or(ErrorCode::InvalidClient)?;
        Ok(match form.get("client_secret") {
            Some(secret) => {
                Self::Secret { client_id, hash: TokenHash::of(secret), method: AuthMethod::ClientSecretPost }
            }
            None => Self::Public { client_id },
        })
    }

    /// Who it claims to be.
    pub fn caller_id(&self) -> &str {
        match self {
            Self::Assertion(assertion) => &assertion.subject,
            Self::Secret { client_id, .. } | Self::Public { client_id } => client_id,
        }
    }

    /// Which of its keys the caller says that it used.
    pub fn kid(&self) -> Option<&str> {
        match self {
            Self::Assertion(assertion) => assertion.kid(),
            Self::Secret { .. } | Self::Public { .. } => None,
        }
    }

    /// Verifies them with what is registered. Another method than the registered one does not count, for the
    /// weakest would do then. `keys`: those of the caller, if it has any.
    pub fn verify(
        self,
        party: Party,
        keys: Option<&KeySet>,
        expected: &Expected<'_>,
    ) -> Result<Authenticated, OauthError> {
        let is_fapi = expected.policy.is_fapi_party(&party);
        let assertion = match (self, &party) {
            (Self::Assertion(assertion), Party::Agent(_) | Party::Client(_)) => {
                Some(assertion.verify(keys.ok_or(ErrorCode::InvalidClient)?, is_fapi, expected)?)
            }
            // FAPI 2.0 Security Profile section 5.3.2.1 (6): only who signs is authenticated.
            (_, _) if is_fapi => return Err(ErrorCode::InvalidClient.into()),
            (Self::Secret { hash, method, .. }, Party::Client(client))
                if client.token_endpoint_auth_method == method =>
            {
                let stored = client.client_secret_hash.as_deref().ok_or(ErrorCode::InvalidClient)?;
                if !hash.matches(stored) {
                    return Err(ErrorCode::InvalidClient.into());
                }
                None
            }
            (Self::Public { .. }, Party::Client(client)) if client.token_endpoint_auth_method == AuthMethod::None => {
                None
            }
            (Self::Secret { .. } | Self::Public { .. }, Party::Agent(_) | Party::Client(_)) => {
                return Err(ErrorCode::InvalidClient.into());
            }
        };
        if is_fapi
            && let Party::Client(client) = &party
            && let Some(problem) = fapi_problem(client)
        {
            let sentence = format!("The profile fapi2 holds for this client: {problem}. Its owner can change it.");
            return Err(ErrorCode::UnauthorizedClient.because(sentence));
        }
        Ok(Authenticated { party, assertion })
    }
}

impl Authenticated {
    /// Whether the caller signed something, and not only sent a secret or its name.
    pub fn has_proved_key(&self) -> bool {
        self.assertion.is_some()
    }

    /// The caller as it is now, if it is there with the same credentials.
    fn current(&self, tx: &mut Tx<'_>) -> Result<Option<Party>, Error> {
        Ok(match &self.party {
            Party::Agent(agent) => {
                agents::find(tx, &agent.id)?.filter(|now| now.public_key == agent.public_key).map(Party::Agent)
            }
            Party::Client(client) => {
                let now = oauth_clients::find(tx, &client.id)?;
                now.filter(|now| has_same_credentials(now, client)).map(Party::of_client)
            }
        })
    }

    /// Spends the assertion, if there is one. False when it was spent before.
    pub fn spend(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        self.assertion.as_ref().map_or(Ok(true), |assertion| assertion.spend(tx))
    }

    /// Both: the caller as it is now, with its assertion spent.
    pub fn confirm(&self, tx: &mut Tx<'_>) -> Result<Option<Party>, Error> {
        let party = self.current(tx)?;
        Ok(if party.is_some() && self.spend(tx)? { party } else { None })
    }
}

impl Party {
    /// The agent or client with this id. Both are UUIDs made by the server, so they never collide.
    pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Self>, Error> {
        if let Some(id) = AgentId::parse(id)
            && let Some(agent) = agents::find(tx, &id)?
        {
            return Ok(Some(Self::Agent(agent)));
        }
        let Some(id) = ClientId::parse(id) else { return Ok(None) };
        Ok(oauth_clients::find(tx, &id)?.map(Self::of_client))
    }

    /// A client.
    pub fn of_client(client: OauthClient) -> Self {
        Self::Client(Box::new(client))
    }

    /// The id, which is the `client_id` of what it is issued.
    pub fn id(&self) -> &str {
        match self {
            Self::Agent(agent) => agent.id.as_str(),
            Self::Client(client) => client.id.as_str(),
        }
    }

    /// Whether it is told about tokens now. An agent is also while it is stopped: it may see that its own have ended.
    pub fn may_be_told(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        match self {
            Self::Agent(_) => Ok(true),
            Self::Client(client) => client_may_act(tx, client),
        }
    }
}

/// Whether a client may get anything now: it is not disabled, and its owner not stopped, for an agent must not
/// go on through an application of its own.
pub fn client_may_act(tx: &mut Tx<'_>, client: &OauthClient) -> Result<bool, Error> {
    if client.disabled_at.is_some() {
        return Ok(false);
    }
    match client.owner() {
        Some(Owner::Agent(id)) => agents::is_free(tx, &id),
        Some(Owner::Overseer(_)) => Ok(true),
        None => Ok(false),
    }
}

fn has_same_credentials(now: &OauthClient, then: &OauthClient) -> bool {
    now.token_endpoint_auth_method == then.token_endpoint_auth_method
        && now.client_secret_hash == then.client_secret_hash
        && now.public_key == then.public_key
        && now.jwks == then.jwks
        && now.jwks_uri == then.jwks_uri
}

/// RFC 6749 section 2.3.1: both halves are encoded as in a form before they are joined.
fn basic(authorization: &str) -> Option<(String, TokenHash)> {
    let (_, encoded) = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let decode = |text: &str| {
        let form = format!("v={}", text.replace('&', "%26"));
        form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, TokenHash::of(&decode(secret)?)))
}
