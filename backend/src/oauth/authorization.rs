//! Authorization (RFC 6749 section 4.1.1 with PKCE): an agent lets a client know it. The agent is its own resource
//! owner, so its request is its consent; each one stands in its history with the outcome.

use serde::Deserialize;

use crate::billing::tiers;
use crate::clock::{self, Clock};
use crate::crypto::base64url;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::authorization_codes::{self, AuthorizationCode, LIFETIME};
use crate::db::schema::client_blocks;
use crate::db::schema::consents::{self, Consent};
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::db::schema::oauth_requests::{self, OauthRequest};
use crate::db::{Error, Tx};
use crate::id::{self, ClientId};
use crate::oauth::authentication::client_may_act;
use crate::oauth::clients::redirect_uri;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::grants::GrantType;
use crate::oauth::pkce::{self, CodeChallenge};
use crate::oauth::resource::Audience;
use crate::oauth::scope::Scope;
use crate::random::Random;
use crate::secret::PlainToken;

/// The longest `state`, and the longest `nonce`, in bytes.
const LONGEST_STATE: usize = 2048;
const LONGEST_NONCE: usize = 512;

/// An authorization request as it is sent. Everything is optional here, so that what is missing is refused in
/// the words of the RFC.
#[derive(Deserialize, schemars::JsonSchema)]
pub struct Parameters {
    /// The client that asks.
    #[schemars(required)]
    client_id: Option<String>,
    /// Where the code goes: exactly as registered.
    #[schemars(required)]
    redirect_uri: Option<String>,
    /// `code`, or left out.
    response_type: Option<String>,
    /// Space-separated; `id name` when left out.
    scope: Option<String>,
    /// Comes back as it is, for the client to recognise the answer.
    state: Option<String>,
    /// PKCE (RFC 7636): base64url of the SHA-256 of the verifier.
    #[schemars(required)]
    code_challenge: Option<String>,
    /// `S256`.
    #[schemars(required)]
    code_challenge_method: Option<String>,
    /// For an id token.
    nonce: Option<String>,
    /// The APIs that the token is for (RFC 8707): one URI or several.
    resource: Option<OneOrMany>,
    /// The calling agent's id, to be checked.
    agent_id: Option<String>,
    /// The thumbprint of the only DPoP key that may redeem the code (RFC 9449 section 10).
    dpop_jkt: Option<String>,
}

/// `resource` may repeat.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// An authorization request that reads well; the client is not looked up yet.
#[derive(Clone)]
pub struct Request {
    client_id: ClientId,
    /// Where the code goes.
    pub redirect_uri: String,
    scope: Option<String>,
    /// Comes back as it is.
    pub state: Option<String>,
    code_challenge: CodeChallenge,
    nonce: Option<String>,
    audience: Audience,
    agent_id: Option<String>,
    dpop_jkt: Option<String>,
}

/// What the rule needs besides the request.
#[derive(Clone)]
pub struct Server {
    /// The setting `billing.default_tier`.
    pub default_tier: String,
    /// For times and identifiers.
    pub clock: Clock,
    /// For identifiers.
    pub random: Random,
}

/// What came of it. A refusal stands in the history, so it is no error.
pub enum Outcome {
    /// The code is stored; the scope that was granted.
    Granted(Scope),
    /// Not granted.
    Refused(OauthError),
}

impl Parameters {
    /// Checks what can be checked without the database.
    pub fn read(self, issuer: &str) -> Result<Request, OauthError> {
        let invalid = |description: &'static str| ErrorCode::InvalidRequest.because(description);
        if self.response_type.is_some_and(|response_type| response_type != "code") {
            return Err(ErrorCode::UnsupportedResponseType.into());
        }
        let client_id = self.client_id.as_deref().ok_or_else(|| invalid("`client_id` is missing."))?;
        let code_challenge = self.code_challenge.ok_or_else(|| invalid("`code_challenge` is missing (RFC 7636)."))?;
        if self.code_challenge_method.as_deref() != Some(pkce::METHOD) {
            return Err(invalid("`code_challenge_method` is not `S256`."));
        }
        if self.state.as_ref().is_some_and(|state| state.len() > LONGEST_STATE) {
            return Err(invalid("`state` is over 2048 bytes."));
        }
        if self.nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
            return Err(invalid("`nonce` is over 512 bytes."));
        }
        if self.dpop_jkt.as_ref().is_some_and(|jkt| base64url::decode_array::<32>(jkt).is_none()) {
            return Err(invalid("`dpop_jkt` is not the SHA-256 thumbprint of a key (RFC 9449 section 10)."));
        }
        let resources = self.resource.map_or_else(Vec::new, OneOrMany::into_vec);
        Ok(Request {
            client_id: ClientId::parse(client_id).ok_or_else(unknown_client)?,
            redirect_uri: self.redirect_uri.ok_or_else(|| invalid("`redirect_uri` is missing."))?,
            scope: self.scope,
            state: self.state,
            code_challenge: CodeChallenge::parse(&code_challenge)
                .ok_or_else(|| invalid("`code_challenge` is not 43 characters of base64url."))?,
            nonce: self.nonce,
            audience: Audience::requested(resources.iter().map(String::as_str), issuer)?,
            agent_id: self.agent_id,
            dpop_jkt: self.dpop_jkt,
        })
    }
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Request {
    /// Where to send the agent's browser, if it has one: the address with code, state and issuer (RFC 9207).
    pub fn redirect_to(&self, code: &PlainToken, issuer: &str) -> String {
        let mut answer = form_urlencoded::Serializer::new(String::new());
        answer.append_pair("code", code.expose());
        if let Some(state) = &self.state {
            answer.append_pair("state", state);
        }
        // Appended to the text as it is registered: a URL that is written anew may read otherwise.
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.redirect_uri, answer.append_pair("iss", issuer).finish())
    }
}

/// Lets the client redeem `code`, if nothing speaks against it. The history says what came of it, once it is clear
/// that the client is one that may be answered.
pub fn authorize(
    tx: &mut Tx<'_>,
    agent: &Agent,
    request: &Request,
    code: &PlainToken,
    server: &Server,
) -> Result<Outcome, Error> {
    let client = oauth_clients::find(tx, &request.client_id)?;
    let (client, scope) = match client.ok_or_else(unknown_client).and_then(|client| fits(agent, request, client)) {
        Ok(fitting) => fitting,
        Err(refused) => return Ok(Outcome::Refused(refused)),
    };
    let refused = refusal(tx, agent, &client, server)?;
    let status = refused.as_ref().map_or("approved", |(status, _)| status);
    let history = OauthRequest {
        id: id::new(&server.clock, server.random),
        agent_id: agent.id.clone(),
        client_id: client.id.to_string(),
        scopes: scope.as_str().to_owned(),
        status: status.to_owned(),
        created_at: server.clock.now(),
        resource: Some(request.audience.to_text()),
    };
    oauth_requests::insert(tx, &history)?;
    if let Some((_, refused)) = refused {
        return Ok(Outcome::Refused(refused));
    }
    grant(tx, agent, &client, request, &scope, code, server)?;
    Ok(Outcome::Granted(scope))
}

/// Whether the request is one that this client may make at all.
fn fits(agent: &Agent, request: &Request, client: OauthClient) -> Result<(OauthClient, Scope), OauthError> {
    if request.agent_id.as_ref().is_some_and(|id| id != agent.id.as_str()) {
        return Err(ErrorCode::InvalidRequest.because("`agent_id` is not the agent that calls."));
    }
    if !redirect_uri::is_registered(&client, &request.redirect_uri) {
        return Err(ErrorCode::InvalidRequest.because("`redirect_uri` is not registered for this client."));
    }
    if !client.grant_types.contains(GrantType::AuthorizationCode.as_str()) {
        return Err(ErrorCode::UnauthorizedClient.because("The client is not registered for `authorization_code`."));
    }
    let scope = Scope::requested_by_client(request.scope.as_deref(), client.scope.as_deref())?;
    Ok((client, scope))
}

/// What speaks against it now: the history's status, and the refusal.
fn refusal(
    tx: &mut Tx<'_>,
    agent: &Agent,
    client: &OauthClient,
    server: &Server,
) -> Result<Option<(&'static str, OauthError)>, Error> {
    let denied = |sentence: &'static str| ErrorCode::AccessDenied.because(sentence);
    if agent.stopped_at.is_some() {
        return Ok(Some(("stopped", denied("The agent is stopped. Ask whoever stopped it to resume it."))));
    }
    if !client_may_act(tx, client)? {
        return Ok(Some((
            "denied",
            ErrorCode::UnauthorizedClient.because("The client is switched off. Ask its owner."),
        )));
    }
    if client_blocks::exists(tx, &agent.id, client.id.as_str())? {
        return Ok(Some(("blocked", denied("The agent's overseer has blocked this client. Ask them to unblock it."))));
    }
    let limit = tiers::authorizations_limit(tx, &server.default_tier)?.at_most();
    let now = server.clock.now();
    if !agents::count_authorization(tx, &agent.id, limit, clock::next_month(now), now)? {
        let sentence = format!(
            "The agent has used the {} authorizations of this period. Wait for the next one ({}), or move to a larger tier.",
            limit.unwrap_or_default(),
            clock::rfc3339(agent.billing_period_end)
        );
        return Ok(Some(("limited", ErrorCode::AccessDenied.because(sentence))));
    }
    Ok(None)
}

fn grant(
    tx: &mut Tx<'_>,
    agent: &Agent,
    client: &OauthClient,
    request: &Request,
    scope: &Scope,
    code: &PlainToken,
    server: &Server,
) -> Result<(), Error> {
    let now = server.clock.now();
    let earlier = consents::find(tx, &agent.id, &client.id)?;
    let consent = Consent {
        agent_id: agent.id.clone(),
        client_id: client.id.clone(),
        scopes: scope.joined_with(earlier.as_ref().map_or("", |consent| &consent.scopes)),
        created_at: earlier.map_or(now, |consent| consent.created_at),
        updated_at: now,
    };
    consents::put(tx, &consent)?;
    let row = AuthorizationCode {
        id: code.hash().as_str().to_owned(),
        agent_id: agent.id.clone(),
        client_id: client.id.to_string(),
        code_challenge: request.code_challenge.as_str().to_owned(),
        scopes: scope.as_str().to_owned(),
        nonce: request.nonce.clone(),
        expires_at: now + LIFETIME,
        used: false,
        created_at: now,
        redirect_uri: Some(request.redirect_uri.clone()),
        resource: Some(request.audience.to_text()),
        dpop_jkt: request.dpop_jkt.clone(),
        family_id: None,
    };
    authorization_codes::insert(tx, &row)
}

/// There is nobody to send an answer to, so the agent is told.
fn unknown_client() -> OauthError {
    ErrorCode::InvalidRequest.because("No client has this `client_id`.")
}
