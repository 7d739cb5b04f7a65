//! What is still missing before a client that asks in a browser gets its code: somebody who is signed in, the agent that
//! they act for, that agent's consent. Looked at anew with each request, so that nothing rests on what was true before.

use super::redirect::{Asked, BrowserRequest, NoRecipient, Recipient};
use super::{Authorizer, Outcome, Server, check};
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::interactions::Interaction;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::db::schema::sessions::Session;
use crate::db::schema::{consents, logout_notices, overseers, oversights, pushed_requests};
use crate::db::{Error, Tx};
use crate::id::{AgentId, OverseerId, Owner};
use crate::identity::sessions;
use crate::oauth::authorization::redirect::Answer;
use crate::oauth::error::{ErrorCode, OauthError};
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
    /// In which of the browser's sessions.
    session_id: String,
}

/// Reads a request, and says what comes next.
pub fn look(tx: &mut Tx<'_>, asked: &Asked, visit: &Visit, server: &Server) -> Result<Arrival, Error> {
    let recipient = match Recipient::find(tx, &asked.form, server.policy)? {
        Ok(recipient) => recipient,
        Err(nobody) => return Ok(Arrival::Nowhere(nobody)),
    };
    let refuse =
        |recipient: &Recipient, error: &OauthError| Ok(Arrival::Answered(recipient.refused(error, &server.issuer)));
    let request = match BrowserRequest::read(asked, server) {
        Ok(request) => request,
        Err(error) => return refuse(&recipient, &error),
    };
    let scope = match check(&request.request, &recipient.client, server.policy) {
        Ok(scope) => scope,
        Err(error) => return refuse(&recipient, &error),
    };
    let step = match next(tx, &recipient, &request, &scope, visit, server.clock.now())? {
        Ok(step) => step,
        Err(code) => return refuse(&recipient, &code.into()),
    };
    // Nobody is there to notice that somebody else is meant.
    let is_unknown = request.prompt.none && request.has_unknown_hint;
    let missing = match &step {
        _ if is_unknown => Some(ErrorCode::LoginRequired),
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
        let asked = (&self.recipient.client, &self.scope);
        Ok(match super::authorize_fitting(tx, &by, asked, &self.request.request, code, server)? {
            Outcome::Granted(..) => {
                self.note_session(tx, chosen)?;
                self.recipient.granted(code, &server.issuer)
            }
            // Why the agent may not is told to those whose agent it is: it stands in its history.
            Outcome::Refused(error) if error.code == ErrorCode::AccessDenied => {
                self.recipient.refused(&ErrorCode::AccessDenied.into(), &server.issuer)
            }
            Outcome::Refused(error) => self.recipient.refused(&error, &server.issuer),
        })
    }

    /// A client that wants to be told when this browser signs out will be.
    fn note_session(&self, tx: &mut Tx<'_>, chosen: &Chosen) -> Result<(), Error> {
        let client = &self.recipient.client;
        if client.backchannel_logout_uri.is_none() {
            return Ok(());
        }
        logout_notices::note_session(tx, &chosen.session_id, &client.id, &chosen.agent.id)
    }

    /// Tells the client that the agent, or its overseer, does not want to.
    pub fn deny(&self, tx: &mut Tx<'_>, chosen: &Chosen, server: &Server) -> Result<Answer, Error> {
        super::note(tx, &chosen.agent, &self.recipient.client, &self.scope, &self.request.request, "denied", server)?;
        if let Some(pushed) = &self.request.request.pushed {
            pushed_requests::spend(tx, pushed.as_str())?;
        }
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
) -> Result<Result<Step, ErrorCode>, Error> {
    let session = match &visit.session {
        Some(token) => sessions::find_in_browser(tx, token, now)?,
        None => None,
    };
    let Some(session) = session.filter(|session| is_recent_enough(session, request, visit, now)) else {
        return Ok(Ok(Step::SignIn));
    };
    let chosen = match sessions::holder(&session) {
        Some(Owner::Agent(id)) => agent_itself(tx, &id, &session)?,
        Some(Owner::Overseer(id)) => match agent_of(tx, &id, request, visit, &session)? {
            Ok(chosen) => Some(chosen),
            Err(step) => return Ok(Ok(step)),
        },
        None => None,
    };
    let Some(chosen) = chosen else { return Ok(Ok(Step::SignIn)) };
    if request.id_token_hint.as_ref().is_some_and(|hint| hint.subject != chosen.agent.id.as_str()) {
        // OpenID Connect Core section 3.1.2.1: whoever has signed in because of this request is not who is meant.
        let has_answered = has_signed_in_for(visit, &session) || request.prompt.none;
        return Ok(if has_answered { Err(ErrorCode::LoginRequired) } else { Ok(Step::SignIn) });
    }
    let is_remembered = may_be_remembered(recipient) && !request.prompt.consent;
    if is_remembered && has_consented(tx, recipient, request, scope, &chosen.agent.id)? {
        return Ok(Ok(Step::Ready(chosen)));
    }
    // What the agent has signed names one request. For another one, whoever sits at the browser can not consent in its place.
    let is_theirs = chosen.sign_in.actor_id.is_some() || has_signed_in_for(visit, &session);
    Ok(Ok(if is_theirs { Step::Consent(chosen) } else { Step::SignIn }))
}

fn has_signed_in_for(visit: &Visit, session: &Session) -> bool {
    visit.interaction.as_ref().is_some_and(|interaction| interaction.session_id.as_ref() == Some(&session.id))
}

/// OpenID Connect Core section 3.1.2.1: whoever signs in for this request is recent enough for it, whatever it asks for.
fn is_recent_enough(session: &Session, request: &BrowserRequest, visit: &Visit, now: i64) -> bool {
    let is_too_old = |max_age: i64| max_age == 0 || now - session.created_at > max_age;
    let wants_anew = request.prompt.login || request.max_age.is_some_and(is_too_old);
    !wants_anew || has_signed_in_for(visit, session)
}

fn agent_itself(tx: &mut Tx<'_>, id: &AgentId, session: &Session) -> Result<Option<Chosen>, Error> {
    let agent = agents::find(tx, id)?.filter(|agent| agent.stopped_at.is_none());
    let session_id = session.id.clone();
    Ok(agent.map(|agent| Chosen { agent, sign_in: SignIn::by_agent(session.created_at), session_id }))
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
    let agent = match named(request, visit) {
        Some(agent_id) => own_agent(tx, id, &agent_id)?,
        None => None,
    };
    let agent = match agent {
        Some(agent) => agent,
        None => {
            let mut agents = agents::of_overseer(tx, id)?;
            agents.retain(|agent| agent.stopped_at.is_none());
            // One that was picked and is gone is not replaced by another one.
            let has_picked = visit.interaction.as_ref().is_some_and(|interaction| interaction.agent_id.is_some());
            let is_asked = has_picked || request.prompt.select_account;
            match agents.pop() {
                Some(only) if agents.is_empty() && !is_asked => only,
                last => {
                    agents.extend(last);
                    return Ok(Err(Step::Pick(agents)));
                }
            }
        }
    };
    let (at, methods) = (Some(session.created_at), Some(PASSWORD.to_owned()));
    let sign_in = SignIn { at, methods, actor_id: Some(id.clone()) };
    Ok(Ok(Chosen { agent, sign_in, session_id: session.id.clone() }))
}

/// Which agent is meant: the one that was picked, or else the one that the client names.
fn named(request: &BrowserRequest, visit: &Visit) -> Option<AgentId> {
    let picked = visit.interaction.as_ref().and_then(|interaction| interaction.agent_id.clone());
    if picked.is_some() || request.prompt.select_account {
        return picked;
    }
    let hinted = request.id_token_hint.as_ref().map(|hint| hint.subject.as_str()).or(request.login_hint.as_deref());
    hinted.and_then(AgentId::parse)
}

/// The agent, if the overseer answers for it and it may act.
fn own_agent(tx: &mut Tx<'_>, overseer_id: &OverseerId, agent_id: &AgentId) -> Result<Option<Agent>, Error> {
    if oversights::active_pair(tx, overseer_id, agent_id)?.is_none() {
        return Ok(None);
    }
    Ok(agents::find(tx, agent_id)?.filter(|agent| agent.stopped_at.is_none()))
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
    let is_allowed = |api: &String| asked.names().all(|name| scope::holds(consent.allowed.at(api), name));
    Ok(request.request.audience().all().iter().all(is_allowed))
}
