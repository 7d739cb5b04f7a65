//! What is still missing before a client that asks in a browser gets its code: somebody who is signed in, the agent that
//! they act for, that agent's consent. Looked at anew with each request, so that nothing rests on what was true before.

use super::redirect::{BrowserRequest, NoRecipient, Recipient};
use super::{Authorizer, Outcome, Server, check};
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::interactions::Interaction;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::db::schema::sessions::Session;
use crate::db::schema::{consents, overseers};
use crate::db::{Error, Tx};
use crate::id::{AgentId, OverseerId, Owner};
use crate::identity::sessions;
use crate::oauth::authorization::redirect::Answer;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::scope::{self, Scope};
use crate::oauth::sign_in::{PASSWORD, SignIn};
use crate::secret::{PlainToken, TokenHash};

/// Who looks: a browser.
#[derive(Clone, Default)]
pub struct Visit {
    /// Its session's cookie.
    pub session: Option<TokenHash>,
    /// The interaction that it goes on with.
    pub interaction: Option<Interaction>,
}

/// What a request leads to.
pub enum Arrival {
    /// Nobody can be answered.
    Nowhere(NoRecipient),
    /// The client is answered.
    Answered(Answer),
    /// It is open.
    Open(Box<Open>),
}

/// A request that can be granted, now or after something.
pub struct Open {
    /// Who is answered.
    pub recipient: Recipient,
    /// What is asked for.
    pub request: BrowserRequest,
    /// What would be granted.
    pub scope: Scope,
    /// What comes next.
    pub step: Step,
}

/// What comes next.
pub enum Step {
    /// Somebody has to sign in.
    SignIn,
    /// The overseer has to pick one of their agents.
    Pick(Vec<Agent>),
    /// The agent, or its overseer, has to consent.
    Consent(Chosen),
    /// Nothing.
    Ready(Chosen),
}

/// An agent, and how it came to be here.
pub struct Chosen {
    /// The agent.
    pub agent: Agent,
    /// How.
    pub sign_in: SignIn,
}

/// Reads a request, and says what comes next.
pub fn look(tx: &mut Tx<'_>, form: &Form, visit: &Visit, server: &Server) -> Result<Arrival, Error> {
    let recipient = match Recipient::find(tx, form)? {
        Ok(recipient) => recipient,
        Err(nobody) => return Ok(Arrival::Nowhere(nobody)),
    };
    let refuse =
        |recipient: &Recipient, error: &OauthError| Ok(Arrival::Answered(recipient.refused(error, &server.issuer)));
    let request = match BrowserRequest::read(form, server) {
        Ok(request) => request,
        Err(error) => return refuse(&recipient, &error),
    };
    let scope = match check(&request.request, &recipient.client) {
        Ok(scope) => scope,
        Err(error) => return refuse(&recipient, &error),
    };
    let step = next(tx, &recipient, &request, &scope, visit, server.clock.now())?;
    let missing = match &step {
        Step::SignIn => Some(ErrorCode::LoginRequired),
        Step::Pick(_) => Some(ErrorCode::AccountSelectionRequired),
        Step::Consent(_) => Some(ErrorCode::ConsentRequired),
        Step::Ready(_) => None,
    };
    match missing.filter(|_| request.prompt.none) {
        Some(code) => refuse(&recipient, &code.into()),
        None => Ok(Arrival::Open(Box::new(Open { recipient, request, scope, step }))),
    }
}

impl Open {
    /// Lets the client redeem `code`; what the browser takes to it, be it a refusal.
    pub fn grant(&self, tx: &mut Tx<'_>, chosen: &Chosen, code: &PlainToken, server: &Server) -> Result<Answer, Error> {
        let by = Authorizer { agent: &chosen.agent, sign_in: chosen.sign_in.clone() };
        Ok(match super::authorize(tx, &by, &self.request.request, code, server)? {
            Outcome::Granted(_) => self.recipient.granted(code, &server.issuer),
            Outcome::Refused(error) => self.recipient.refused(&error, &server.issuer),
        })
    }

    /// Tells the client that the agent, or its overseer, does not want to.
    pub fn deny(&self, tx: &mut Tx<'_>, chosen: &Chosen, server: &Server) -> Result<Answer, Error> {
        super::note(tx, &chosen.agent, &self.recipient.client, &self.scope, &self.request.request, "denied", server)?;
        Ok(self.recipient.refused(&ErrorCode::AccessDenied.because("It was declined."), &server.issuer))
    }
}

fn next(
    tx: &mut Tx<'_>,
    recipient: &Recipient,
    request: &BrowserRequest,
    scope: &Scope,
    visit: &Visit,
    now: i64,
) -> Result<Step, Error> {
    let session = match &visit.session {
        Some(token) => sessions::find_in_browser(tx, token, now)?,
        None => None,
    };
    let Some(session) = session.filter(|session| is_recent_enough(session, request, visit, now)) else {
        return Ok(Step::SignIn);
    };
    let chosen = match sessions::holder(&session) {
        Some(Owner::Agent(id)) => agent_itself(tx, &id, request, &session)?,
        Some(Owner::Overseer(id)) => match agent_of(tx, &id, request, visit, &session)? {
            Ok(chosen) => Some(chosen),
            Err(step) => return Ok(step),
        },
        None => None,
    };
    let Some(chosen) = chosen else { return Ok(Step::SignIn) };
    let is_remembered = may_be_remembered(recipient) && !request.prompt.consent;
    let is_ready = is_remembered && has_consented(tx, recipient, request, scope, &chosen.agent.id)?;
    Ok(if is_ready { Step::Ready(chosen) } else { Step::Consent(chosen) })
}

/// OpenID Connect Core section 3.1.2.1: whoever signs in for this request is recent enough for it, whatever it asks for.
fn is_recent_enough(session: &Session, request: &BrowserRequest, visit: &Visit, now: i64) -> bool {
    let signed_in_for = visit.interaction.as_ref().and_then(|interaction| interaction.session_id.as_ref());
    let is_too_old = |max_age: i64| max_age == 0 || now - session.created_at > max_age;
    let wants_anew = request.prompt.login || request.max_age.is_some_and(is_too_old);
    !wants_anew || signed_in_for == Some(&session.id)
}

fn agent_itself(
    tx: &mut Tx<'_>,
    id: &AgentId,
    request: &BrowserRequest,
    session: &Session,
) -> Result<Option<Chosen>, Error> {
    let is_meant = request.id_token_hint.as_ref().is_none_or(|hint| is_of(hint.as_ref(), id));
    let agent = agents::find(tx, id)?.filter(|agent| agent.stopped_at.is_none() && is_meant);
    Ok(agent.map(|agent| Chosen { agent, sign_in: SignIn::by_agent(session.created_at) }))
}

/// The agent that the overseer acts for, or what has to come before.
fn agent_of(
    tx: &mut Tx<'_>,
    id: &OverseerId,
    request: &BrowserRequest,
    visit: &Visit,
    session: &Session,
) -> Result<Result<Chosen, Step>, Error> {
    if overseers::find(tx, id)?.is_none() {
        return Ok(Err(Step::SignIn));
    }
    let mut agents = agents::of_overseer(tx, id)?;
    agents.retain(|agent| agent.stopped_at.is_none());
    let picked = visit.interaction.as_ref().and_then(|interaction| interaction.agent_id.as_ref());
    let is_wanted = |agent: &Agent| match (picked, &request.id_token_hint, &request.login_hint) {
        (Some(picked), _, _) => agent.id == *picked,
        (None, _, _) if request.prompt.select_account => false,
        (None, Some(hint), _) => is_of(hint.as_ref(), &agent.id),
        (None, None, Some(hint)) => agent.id.as_str() == hint,
        (None, None, None) => false,
    };
    let wanted = agents.iter().position(is_wanted);
    // A hint that names none of theirs means somebody else.
    if wanted.is_none() && picked.is_none() && request.id_token_hint.is_some() && !request.prompt.select_account {
        return Ok(Err(Step::SignIn));
    }
    let only = (agents.len() == 1 && !request.prompt.select_account).then_some(0);
    Ok(match wanted.or(only) {
        Some(index) => {
            let sign_in =
                SignIn { at: Some(session.created_at), methods: Some(PASSWORD.to_owned()), actor_id: Some(id.clone()) };
            Ok(Chosen { agent: agents.swap_remove(index), sign_in })
        }
        None => Err(Step::Pick(agents)),
    })
}

fn is_of(hint: Option<&crate::oauth::id_token::Hint>, id: &AgentId) -> bool {
    hint.is_some_and(|hint| hint.subject == id.as_str())
}

/// RFC 8252 section 8.6: what can not keep a secret, and is not answered at an address of its own, may be anybody, so it is
/// asked about each time.
fn may_be_remembered(recipient: &Recipient) -> bool {
    let is_public = recipient.client.token_endpoint_auth_method == AuthMethod::None;
    !is_public || recipient.redirect_uri.starts_with("https://")
}

/// Whether all of it was allowed before.
fn has_consented(
    tx: &mut Tx<'_>,
    recipient: &Recipient,
    request: &BrowserRequest,
    asked: &Scope,
    agent_id: &AgentId,
) -> Result<bool, Error> {
    let Some(consent) = consents::find(tx, agent_id, &recipient.client.id)? else { return Ok(false) };
    let has_scopes = asked.names().all(|name| scope::holds(&consent.scopes, name));
    let has_resources =
        request.request.audience().all().iter().all(|resource| scope::holds(&consent.resources, resource));
    Ok(has_scopes && has_resources)
}
