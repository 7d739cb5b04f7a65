//! Authorization (RFC 6749 section 4.1.1 with PKCE): an agent lets a client know it. The agent is its own resource
//! owner, so its request is its consent; each one stands in its history with the outcome.

pub mod interaction;
pub mod pushed;
pub mod redirect;
mod request;
pub mod request_object;
pub mod steps;

pub use request::{Parameters, Request};

use request::unknown_client;

use crate::billing::quota::Quota;
use crate::billing::tiers::Tiers;
use crate::clock::{self, Clock};
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::authorization_codes::{self, AuthorizationCode};
use crate::db::schema::client_blocks;
use crate::db::schema::consents::{self, Allowed, Consent};
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::db::schema::oauth_requests::{self, OauthRequest};
use crate::db::schema::pushed_requests;
use crate::db::{Error, Tx};
use crate::id;
use crate::oauth::authentication::client_may_act;
use crate::oauth::clients::redirect_uri;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::grants::GrantType;
use crate::oauth::policy::Policy;
use crate::oauth::scope::{Scope, joined};
use crate::oauth::sign_in::SignIn;
use crate::oauth::signing_keys::SigningKeys;
use crate::random::Random;
use crate::secret::PlainToken;

/// A consent that is used again and again is noted so often, in seconds: the history has each time.
const CONSENT_NOTED_EVERY: i64 = 60;

/// What the rule needs besides the request.
#[derive(Clone)]
pub struct Server {
    /// The issuer.
    pub issuer: String,
    /// To recognise an id token that was issued here.
    pub keys: SigningKeys,
    /// Who has which tier.
    pub tiers: Tiers,
    /// Who is held to what, and how long codes live.
    pub policy: Policy,
    /// For times and identifiers.
    pub clock: Clock,
    /// For identifiers.
    pub random: Random,
}

/// Who authorizes.
pub struct Authorizer<'a> {
    /// The agent.
    pub agent: &'a Agent,
    /// How it came to be here.
    pub sign_in: SignIn,
}

/// What came of it. A refusal stands in the history, so it is no error.
pub enum Outcome {
    /// The code is stored; the scope that was granted, and how many more the agent may grant, where that is limited.
    Granted(Scope, Option<Quota>),
    /// Not granted.
    Refused(OauthError),
}

/// Lets the client redeem `code`, if nothing speaks against it. The history says what came of it, once it is clear
/// that the client is one that may be answered.
pub fn authorize(
    tx: &mut Tx<'_>,
    by: &Authorizer<'_>,
    request: &Request,
    code: &PlainToken,
    server: &Server,
) -> Result<Outcome, Error> {
    let client = oauth_clients::find(tx, &request.client_id)?;
    let (client, scope) =
        match client.ok_or_else(unknown_client).and_then(|client| fits(by.agent, request, client, server)) {
            Ok(fitting) => fitting,
            Err(refused) => return Ok(Outcome::Refused(refused)),
        };
    // A stopped agent is told of its stop, also when its own client is off for that.
    if by.agent.stopped_at.is_none() && !client_may_act(tx, &client)? {
        note(tx, by.agent, &client, &scope, request, "denied", server)?;
        let refused = ErrorCode::UnauthorizedClient.because("The client is switched off. Ask its owner.");
        return Ok(Outcome::Refused(refused));
    }
    authorize_fitting(tx, by, (&client, &scope), request, code, server)
}

/// The same for a client that was read in this transaction, may act, and may ask for this.
fn authorize_fitting(
    tx: &mut Tx<'_>,
    by: &Authorizer<'_>,
    (client, scope): (&OauthClient, &Scope),
    request: &Request,
    code: &PlainToken,
    server: &Server,
) -> Result<Outcome, Error> {
    // Of several that use one pushed request at once, one gets the code.
    if let Some(pushed) = &request.pushed
        && !pushed_requests::spend(tx, pushed.as_str())?
    {
        return Ok(Outcome::Refused(ErrorCode::InvalidRequestUri.into()));
    }
    let refused = refusal(tx, by.agent, client, server)?;
    let status = refused.as_ref().err().map_or("approved", |(status, _)| status);
    note(tx, by.agent, client, scope, request, status, server)?;
    match refused {
        Err((_, refused)) => Ok(Outcome::Refused(refused)),
        Ok(quota) => {
            grant(tx, by, client, request, scope, code, server)?;
            Ok(Outcome::Granted(scope.clone(), quota))
        }
    }
}

/// Puts what came of it into the agent's history.
fn note(
    tx: &mut Tx<'_>,
    agent: &Agent,
    client: &OauthClient,
    scope: &Scope,
    request: &Request,
    status: &str,
    server: &Server,
) -> Result<(), Error> {
    let history = OauthRequest {
        id: id::new(&server.clock, server.random),
        agent_id: agent.id.clone(),
        client_id: client.id.to_string(),
        scopes: scope.as_str().to_owned(),
        status: status.to_owned(),
        created_at: server.clock.now(),
        resource: Some(request.audience.to_text()),
    };
    oauth_requests::insert(tx, &history, None)
}

/// Whether the request is one that this agent and client may make at all.
fn fits(
    agent: &Agent,
    request: &Request,
    client: OauthClient,
    server: &Server,
) -> Result<(OauthClient, Scope), OauthError> {
    if request.agent_id.as_ref().is_some_and(|id| id != agent.id.as_str()) {
        return Err(ErrorCode::InvalidRequest.because("`agent_id` is not the agent that calls."));
    }
    if !redirect_uri::is_registered(&client, &request.redirect_uri) {
        return Err(ErrorCode::InvalidRequest.because("`redirect_uri` is not registered for this client."));
    }
    let scope = check(request, &client, server.policy)?;
    Ok((client, scope))
}

/// Whether the client may ask for this in this way; the scope that it would get.
fn check(request: &Request, client: &OauthClient, policy: Policy) -> Result<Scope, OauthError> {
    if request.pushed.is_none() && policy.wants_pushed_requests(client) {
        let sentence = "This client asks only for what it has pushed (RFC 9126). Push the request first.";
        return Err(ErrorCode::InvalidRequest.because(sentence));
    }
    allowed_scope(request, client)
}

/// Whether the client may ask for this; the scope that it would get.
fn allowed_scope(request: &Request, client: &OauthClient) -> Result<Scope, OauthError> {
    if !client.grant_types.contains(GrantType::AuthorizationCode.as_str()) {
        return Err(ErrorCode::UnauthorizedClient.because("The client is not registered for `authorization_code`."));
    }
    Scope::requested_by_client(request.scope.as_deref(), client.scope.as_deref())
}

/// What speaks against it now: the history's status, and the refusal. Else it is counted; what is left, where there is a limit.
fn refusal(
    tx: &mut Tx<'_>,
    agent: &Agent,
    client: &OauthClient,
    server: &Server,
) -> Result<Result<Option<Quota>, (&'static str, OauthError)>, Error> {
    let denied = |sentence: &'static str| ErrorCode::AccessDenied.because(sentence);
    if agent.stopped_at.is_some() {
        return Ok(Err(("stopped", denied("The agent is stopped. Ask whoever stopped it to resume it."))));
    }
    if client_blocks::exists(tx, &agent.id, client.id.as_str())? {
        return Ok(Err(("blocked", denied("The agent's overseer has blocked this client. Ask them to unblock it."))));
    }
    let now = server.clock.now();
    let plan = server.tiers.of_agent(tx, &agent.id, now)?;
    let limit = plan.authorizations().at_most();
    if !agents::count_authorization(tx, &agent.id, limit, plan.period_end, now)? {
        let sentence = format!(
            "The agent has used the {} authorizations of this period, which the tier {} allows. Wait for the next one ({}), or \
             move to a larger tier.",
            limit.unwrap_or_default(),
            plan.tier.tier,
            clock::rfc3339(plan.period_end)
        );
        return Ok(Err(("limited", ErrorCode::AccessDenied.because(sentence))));
    }
    Ok(Ok(Quota::of(tx, &agent.id, &plan, now)?))
}

fn grant(
    tx: &mut Tx<'_>,
    by: &Authorizer<'_>,
    client: &OauthClient,
    request: &Request,
    scope: &Scope,
    code: &PlainToken,
    server: &Server,
) -> Result<(), Error> {
    let (agent, sign_in, now) = (by.agent, &by.sign_in, server.clock.now());
    let earlier = consents::find(tx, &agent.id, &client.id)?;
    let mut allowed = earlier.as_ref().map_or_else(Allowed::default, |consent| consent.allowed.clone());
    for api in request.audience.all() {
        allowed.set(api, joined(allowed.at(api), scope.names()));
    }
    let scopes = joined(earlier.as_ref().map_or("", |consent| &consent.scopes), scope.names());
    let is_known = |consent: &Consent| {
        consent.scopes == scopes && consent.allowed == allowed && now - consent.updated_at < CONSENT_NOTED_EVERY
    };
    if !earlier.as_ref().is_some_and(is_known) {
        let created_at = earlier.map_or(now, |consent| consent.created_at);
        let (agent_id, client_id) = (agent.id.clone(), client.id.clone());
        consents::put(tx, &Consent { agent_id, client_id, scopes, allowed, created_at, updated_at: now })?;
    }
    let row = AuthorizationCode {
        id: code.hash().as_str().to_owned(),
        agent_id: agent.id.clone(),
        client_id: client.id.to_string(),
        code_challenge: request.code_challenge.as_str().to_owned(),
        scopes: scope.as_str().to_owned(),
        nonce: request.nonce.clone(),
        expires_at: now + server.policy.code,
        used: false,
        created_at: now,
        redirect_uri: Some(request.redirect_uri.clone()),
        resource: Some(request.audience.to_text()),
        dpop_jkt: request.dpop_jkt.clone(),
        family_id: None,
        auth_time: sign_in.at,
        amr: sign_in.methods.clone(),
        actor_id: sign_in.actor_id.clone(),
    };
    authorization_codes::insert(tx, &row)
}
