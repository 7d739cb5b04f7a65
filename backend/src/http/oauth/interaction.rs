//! `/v1/oauth/interaction/{id}`: the pages where somebody signs in, picks an agent and consents.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::redirect::{deliver, extend_session, go_on, must_not_be_head};
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::interactions::{self as rows, Interaction};
use crate::http::api::overseers::account::check_password;
use crate::http::extract::{At, ClientAddress};
use crate::http::pages::templates::{Consent, Frame, Pick, SignIn};
use crate::http::pages::{Browser, BrowserCookie, Cookies, Page, PageError, PagePost, base, see_other};
use crate::id::{AgentId, InteractionId};
use crate::identity::security_log::CalledFrom;
use crate::identity::sessions;
use crate::oauth::authorization::interaction;
use crate::oauth::authorization::redirect::Answer;
use crate::oauth::authorization::steps::{self, Arrival, Open, Step, Visit};
use crate::oauth::clients::redirect_uri;
use crate::oauth::scope;
use crate::refusal::{Code, Refusal};
use crate::secret::{Password, PlainToken};

/// What is said when there is nothing to go on with.
pub const OVER: &str = "This page is over, or belongs to another browser. Go back to the application and start again.";

/// Which interaction.
#[derive(Deserialize)]
pub struct InteractionPath {
    id: String,
}

/// What the page's script asks for.
#[derive(Serialize)]
pub struct Status {
    /// An agent has signed the challenge.
    signed: bool,
}

/// `GET /v1/oauth/interaction/{id}`
pub async fn page(
    State(app): State<App>,
    method: Method,
    ClientAddress(caller): ClientAddress,
    At(path): At<InteractionPath>,
    browser: Browser,
) -> Response {
    let show = async || {
        must_not_be_head(&method)?;
        let waits = find(&app, &path.id, &browser).await?;
        let visit = Visit { session: browser.session.clone(), interaction: Some(waits.clone()) };
        go_on(&app, caller, &browser, interaction::asked(&waits)?, visit).await
    };
    show().await.unwrap_or_else(|error: PageError| error.into_response(&app))
}

/// `GET /v1/oauth/interaction/{id}/status`
pub async fn status(
    State(app): State<App>,
    At(path): At<InteractionPath>,
    browser: Browser,
) -> Result<Json<Status>, Refusal> {
    let waits = find(&app, &path.id, &browser).await.map_err(|_| Code::NotFound)?;
    Ok(Json(Status { signed: waits.signer_id.is_some() }))
}

/// `POST /v1/oauth/interaction/{id}`: a form of one of the pages.
pub async fn act(
    State(app): State<App>,
    At(path): At<InteractionPath>,
    ClientAddress(caller): ClientAddress,
    from: CalledFrom,
    post: PagePost,
) -> Response {
    let act = async || {
        let waits = find(&app, &path.id, &post.browser).await?;
        match post.form.get("action").unwrap_or_default() {
            "login" => login(&app, &post, waits, caller, from).await,
            "continue" => continue_as_agent(&app, &post, waits).await,
            "challenge" => {
                app.rate_limits.interactions.check(&caller)?;
                new_challenge(&app, &post, waits).await
            }
            "pick" => pick(&app, &post, waits).await,
            "allow" => decide(&app, &post, waits, true).await,
            "deny" => decide(&app, &post, waits, false).await,
            "sign_out" => sign_out(&app, &post, waits).await,
            _ => Err(PageError::bad_request("The form does not say what to do.")),
        }
    };
    act().await.unwrap_or_else(|error: PageError| error.into_response(&app))
}

/// Where its page is.
pub fn address(app: &App, id: &InteractionId) -> String {
    format!("{}/v1/oauth/interaction/{id}", base(app))
}

/// The page of what comes next.
pub async fn show(
    app: &App,
    browser: &Browser,
    waits: &Interaction,
    open: &Open,
    problem: Option<(String, &str)>,
) -> Result<Response, PageError> {
    let client = &open.recipient.client;
    let (problem, email) = problem.map_or((None, None), |(sentence, email)| (Some(sentence), Some(email)));
    let frame = Frame {
        base: base(app),
        action: address(app, &waits.id),
        form_token: browser.form_token(app).unwrap_or_default(),
        client_name: &client.name,
        redirect_host: redirect_uri::host(&open.recipient.redirect_uri),
        problem,
    };
    let page = match &open.step {
        Step::SignIn => {
            let hint = open.request.login_hint.as_deref().filter(|hint| hint.contains('@'));
            let challenge = shown_challenge(app, &waits.id).await?;
            Page::new(&SignIn { frame, email: email.or(hint).unwrap_or_default(), challenge })
        }
        Step::Pick(agents) => {
            let agents = agents.iter().map(|agent| (agent.id.as_str(), agent.name.as_str())).collect();
            Page::new(&Pick { frame, agents })
        }
        Step::Consent(chosen) | Step::Ready(chosen) => {
            let resources = open.request.request.audience().all().iter().map(String::as_str);
            Page::new(&Consent {
                frame,
                agent_name: &chosen.agent.name,
                agent_id: chosen.agent.id.as_str(),
                scopes: open.scope.names().map(scope::in_words).collect(),
                resources: resources.filter(|resource| *resource != app.issuer).collect(),
            })
        }
    };
    Ok(page.with_form_action(redirect_uri::form_action(&open.recipient.redirect_uri)).into_response())
}

/// What an agent runs, and the code that it compares.
async fn shown_challenge(app: &App, id: &InteractionId) -> Result<Option<(String, String)>, PageError> {
    let (id, now) = (id.clone(), app.clock.now());
    let shown = app.db.read(move |tx| interaction::shown_challenge(tx, &id, now)).await?;
    Ok(shown.map(|(id, code)| (format!("{}/v1/oauth/sign-in/{id}", app.issuer), code)))
}

async fn find(app: &App, id: &str, browser: &Browser) -> Result<Interaction, PageError> {
    let (id, browser, now) = (InteractionId::parse(id), browser.id.clone(), app.clock.now());
    let found = match id {
        Some(id) => app.db.read(move |tx| interaction::find(tx, &id, browser.as_ref(), now)).await?,
        None => None,
    };
    found.ok_or_else(|| PageError::bad_request(OVER))
}

async fn login(
    app: &App,
    post: &PagePost,
    waits: Interaction,
    caller: IpAddr,
    from: CalledFrom,
) -> Result<Response, PageError> {
    let email = post.form.get("email").unwrap_or_default();
    let password = Password::new(post.form.get("password").unwrap_or_default().to_owned());
    let (id, hash) = match check_password(app, caller, &from, email, password).await {
        Ok(account) => account,
        Err(refusal) if matches!(refusal.code, Code::WrongCredentials | Code::TooManyRequests) => {
            return try_again(app, post, waits, email, refusal).await;
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let session = Arc::new(PlainToken::generate(app.random));
    let (new, earlier) = (Arc::clone(&session), post.browser.session.clone());
    let page = address(app, &waits.id);
    let sign_in =
        move |tx: &mut Tx<'_>| interaction::sign_overseer_in(tx, &waits, (&id, &hash), &new, earlier.as_ref(), &from);
    app.db.write(sign_in).await?;
    Ok(signed_in(app, &page, &session))
}

/// The page of the sign-in again, with what went wrong.
async fn try_again(
    app: &App,
    post: &PagePost,
    waits: Interaction,
    email: &str,
    refusal: Refusal,
) -> Result<Response, PageError> {
    let Some(open) = look(app, post, &waits).await? else { return Err(refusal.into()) };
    let open = Open { step: Step::SignIn, ..*open };
    let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::FORBIDDEN);
    let mut answer = show(app, &post.browser, &waits, &open, Some((refusal.sentence.into_owned(), email))).await?;
    *answer.status_mut() = status;
    if let Some(seconds) = refusal.retry_after {
        answer.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
    }
    Ok(answer)
}

async fn continue_as_agent(app: &App, post: &PagePost, waits: Interaction) -> Result<Response, PageError> {
    let session = Arc::new(PlainToken::generate(app.random));
    let (new, earlier, now) = (Arc::clone(&session), post.browser.session.clone(), app.clock.now());
    let page = address(app, &waits.id);
    let (id, browser) = (waits.id.clone(), post.browser.id.clone());
    let sign_in = move |tx: &mut Tx<'_>| -> Result<bool, Refusal> {
        let Some(waits) = interaction::find(tx, &id, browser.as_ref(), now)? else { return Ok(false) };
        interaction::sign_agent_in(tx, &waits, &new, earlier.as_ref(), now)
    };
    if app.db.write(sign_in).await? {
        return Ok(signed_in(app, &page, &session));
    }
    let sentence = "The agent has not signed the code yet, or may not sign in any more. Run the command, then go on.";
    try_again(app, post, waits, "", Code::WrongCredentials.because(sentence)).await
}

async fn new_challenge(app: &App, post: &PagePost, waits: Interaction) -> Result<Response, PageError> {
    let Some(open) = look(app, post, &waits).await? else {
        return Ok(see_other(&address(app, &waits.id), Cookies::default()));
    };
    let (server, page) = (app.authorization(), address(app, &waits.id));
    app.db.write(move |tx| interaction::show_challenge(tx, &waits.id, &open, &server)).await?;
    Ok(see_other(&page, Cookies::default()))
}

/// What is picked is looked at when it counts: an agent of somebody else's is nobody's choice then.
async fn pick(app: &App, post: &PagePost, waits: Interaction) -> Result<Response, PageError> {
    let picked = post.form.get("agent_id").and_then(AgentId::parse);
    let agent_id = picked.ok_or_else(|| PageError::bad_request("Pick one of the agents."))?;
    let page = address(app, &waits.id);
    app.db.write(move |tx| rows::pick(tx, &waits.id, &agent_id)).await?;
    Ok(see_other(&page, Cookies::default()))
}

/// The agent, or its overseer, has decided: about the agent that the page showed, and about nothing else.
async fn decide(app: &App, post: &PagePost, waits: Interaction, allows: bool) -> Result<Response, PageError> {
    let shown = post.form.get("agent_id").unwrap_or_default().to_owned();
    let asked = interaction::asked(&waits)?;
    let (code, server, now) = (PlainToken::generate(app.random), app.authorization(), app.clock.now());
    let (page, browser) = (address(app, &waits.id), post.browser.clone());
    let decide = move |tx: &mut Tx<'_>| -> Result<Option<Answer>, Refusal> {
        let Some(waits) = interaction::find(tx, &waits.id, browser.id.as_ref(), now)? else { return Ok(None) };
        let id = waits.id.clone();
        let visit = Visit { session: browser.session.clone(), interaction: Some(waits) };
        let open = match steps::look(tx, &asked, &visit, &server)? {
            Arrival::Open(open) => open,
            Arrival::Answered(answer) => return Ok(Some(answer)),
            Arrival::Nowhere(_) => return Ok(None),
        };
        let (Step::Consent(chosen) | Step::Ready(chosen)) = &open.step else { return Ok(None) };
        if chosen.agent.id.as_str() != shown {
            return Ok(None);
        }
        rows::delete(tx, &id)?;
        extend_session(tx, &visit, &server)?;
        let answer = match allows {
            true => open.grant(tx, chosen, &code, &server)?,
            false => open.deny(tx, chosen, &server)?,
        };
        Ok(Some(answer))
    };
    // Whatever has changed meanwhile, the page shows.
    Ok(match app.db.write(decide).await? {
        Some(answer) => deliver(app, &answer),
        None => see_other(&page, Cookies::default()),
    })
}

async fn sign_out(app: &App, post: &PagePost, waits: Interaction) -> Result<Response, PageError> {
    if let Some(session) = post.browser.session.clone() {
        let now = app.clock.now();
        app.db.write(move |tx| sessions::end_in_browser(tx, &session, now)).await?;
    }
    let mut cookies = Cookies::default();
    cookies.remove(app, BrowserCookie::Session);
    Ok(see_other(&address(app, &waits.id), cookies))
}

/// The request as it stands now.
async fn look(app: &App, post: &PagePost, waits: &Interaction) -> Result<Option<Box<Open>>, PageError> {
    let asked = interaction::asked(waits)?;
    let visit = Visit { session: post.browser.session.clone(), interaction: Some(waits.clone()) };
    let server = app.authorization();
    Ok(match app.db.read(move |tx| steps::look(tx, &asked, &visit, &server)).await? {
        Arrival::Open(open) => Some(open),
        Arrival::Answered(_) | Arrival::Nowhere(_) => None,
    })
}

fn signed_in(app: &App, page: &str, session: &PlainToken) -> Response {
    let mut cookies = Cookies::default();
    cookies.set(app, BrowserCookie::Session, session);
    see_other(page, cookies)
}
