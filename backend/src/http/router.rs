//! Every route, in one list.

use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with, patch_with, post_with, put_with};
use aide::openapi::OpenApi;
use aide::transform::TransformOperation;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing;
use tower_http::catch_panic::CatchPanicLayer;

use super::api::{
    agents, claims, clients, consents, days, malice, overseers, service, subscription_changes, subscriptions, webhooks,
};
use super::dashboard::landing;
use super::extract::LARGEST_BODY;
use super::pages::{base, is_https};
use super::{access_log, dashboard, error, host, issuer_path, oauth, openapi, pages};
use crate::app::App;
use crate::refusal::{Code, Refusal};

/// What an endpoint is for, in one line.
fn says(summary: &'static str) -> impl FnOnce(TransformOperation<'_>) -> TransformOperation<'_> {
    move |operation| operation.summary(summary)
}

/// The routes, and their description as filled in by their handlers' types.
pub fn routes() -> (Router<App>, OpenApi) {
    let mut document = openapi::head();
    let router = ApiRouter::new()
        .api_route("/", get_with(service::index, says("What this server is")))
        .api_route("/health", get_with(service::health, says("The process is up")))
        .api_route("/ready", get_with(service::ready, says("The database answers, is migrated and can be written")))
        .api_route("/openapi.json", get_with(openapi::serve, says("This document")))
        .api_route(
            "/v1/agents/register/initiate",
            post_with(agents::registration::initiate, says("Register an agent: get a challenge")),
        )
        .api_route(
            "/v1/agents/register/complete/{challenge_id}",
            post_with(agents::registration::complete, says("Register an agent: answer the challenge")),
        )
        .api_route("/v1/agents/login", post_with(agents::session::login, says("Log an agent in")))
        .api_route("/v1/agents/logout", post_with(agents::session::logout, says("Log an agent out")))
        .api_route(
            "/v1/agents/me",
            get_with(agents::profile::show, says("The agent itself"))
                .merge(patch_with(agents::profile::update, says("Change the agent's profile")))
                .merge(delete_with(agents::profile::delete, says("Delete the agent and everything of it"))),
        )
        .api_route("/v1/agents/me/oauth-history", get_with(agents::history::list, says("Which clients asked for what")))
        .api_route("/v1/agents/me/consents", get_with(consents::list, says("Which clients the agent has allowed what")))
        .api_route(
            "/v1/agents/me/consents/{client_id}",
            delete_with(consents::withdraw, says("Withdraw a consent, and end what came from it")),
        )
        .api_route("/v1/agents/me/overseer", get_with(agents::profile::overseer, says("Who answers for the agent")))
        .api_route(
            "/v1/agents/rotate-key/initiate",
            post_with(agents::key_rotation::initiate, says("Change the agent's key: get a challenge")),
        )
        .api_route(
            "/v1/agents/rotate-key/complete/{challenge_id}",
            post_with(agents::key_rotation::complete, says("Change the agent's key: answer the challenge")),
        )
        .api_route("/v1/agents/claim/initiate", post_with(claims::initiate, says("Ask to answer for an agent")))
        .api_route(
            "/v1/agents/claim/complete/{challenge_id}",
            post_with(claims::complete, says("Agree to an overseer, or decline")),
        )
        .api_route("/v1/agents/claim/status/{challenge_id}", get_with(claims::status, says("Where a claim stands")))
        .api_route(
            "/v1/agents/malice/{agent_id}",
            post_with(malice::initiate, says("Ask to lift an agent's limits by a payment, without an account")),
        )
        .api_route(
            "/v1/agents/malice/status/{challenge_id}",
            get_with(malice::status, says("Where such a shadow claim stands")),
        )
        .api_route(
            "/v1/agents/malice/cancel/{challenge_id}",
            post_with(malice::cancel, says("Take a shadow claim back")),
        )
        .api_route(
            "/v1/agents/malice/checkout/{challenge_id}",
            post_with(malice::checkout, says("Where a shadow claim is paid that the agent agreed to")),
        )
        .api_route(
            "/v1/agents/revoke-overseer",
            post_with(claims::revoke_overseer, says("The agent leaves its overseer")),
        )
        .api_route("/v1/agents/declaim/{agent_id}", post_with(claims::declaim, says("The overseer lets an agent go")))
        .api_route("/v1/overseers/register", post_with(overseers::account::register, says("Register an overseer")))
        .api_route("/v1/overseers/login", post_with(overseers::account::login, says("Log an overseer in")))
        .api_route("/v1/overseers/logout", post_with(overseers::account::logout, says("Log an overseer out")))
        .api_route(
            "/v1/overseers/me",
            get_with(overseers::account::show, says("The overseer themselves"))
                .merge(patch_with(overseers::own::update, says("Change the overseer's name")))
                .merge(delete_with(overseers::own::delete, says("Delete the account, with its applications"))),
        )
        .api_route(
            "/v1/overseers/me/password",
            put_with(overseers::password::set_password, says("Change the password, which ends all other sessions")),
        )
        .api_route(
            "/v1/overseers/me/email",
            put_with(overseers::email::set_email, says("Change the e-mail address, which ends all other sessions")),
        )
        .api_route(
            "/v1/overseers/me/email/confirmation",
            post_with(overseers::email::ask, says("Have the link sent that confirms the e-mail address"))
                .merge(put_with(overseers::email::confirm_email, says("Confirm an e-mail address by a link"))),
        )
        .api_route(
            "/v1/overseers/forgotten-password",
            post_with(overseers::password::forgotten_password, says("Have a link for a new password sent")),
        )
        .api_route(
            "/v1/overseers/reset-password",
            post_with(overseers::password::reset_password, says("Set a new password by a link")),
        )
        .api_route(
            "/v1/overseers/me/sessions",
            get_with(overseers::own::sessions, says("Where the overseer is signed in")),
        )
        .api_route(
            "/v1/overseers/me/sessions/{session_id}",
            delete_with(overseers::own::end_session, says("End one session")),
        )
        .api_route(
            "/v1/overseers/me/security-log",
            get_with(overseers::own::security_log, says("What happened to the account")),
        )
        .api_route(
            "/v1/overseers/me/subscription",
            get_with(overseers::usage::subscription, says("What the overseer's tier allows")),
        )
        .api_route("/v1/overseers/me/usage", get_with(overseers::usage::usage, says("What of it is used")))
        .api_route("/v1/subscriptions/tiers", get_with(subscriptions::tiers, says("What there is to pay for")))
        .api_route("/v1/subscriptions/me", get_with(subscriptions::mine, says("What the overseer has")))
        .api_route("/v1/subscriptions/usage", get_with(overseers::usage::usage, says("What of it is used")))
        .api_route(
            "/v1/subscriptions/upgrade",
            post_with(subscription_changes::upgrade, says("Begin to pay for a larger tier")),
        )
        .api_route(
            "/v1/subscriptions/downgrade",
            post_with(subscription_changes::downgrade, says("Choose a smaller tier, or the end, with the next period")),
        )
        .api_route(
            "/v1/subscriptions/portal",
            post_with(subscriptions::portal, says("Where to see and change payments")),
        )
        .api_route("/v1/webhooks/paddle", post_with(webhooks::paddle, says("What the payment provider tells")))
        .api_route(
            "/v1/overseers/{id}/agents",
            get_with(overseers::agents::list, says("The agents that one answers for; `me` or one's own id")),
        )
        .api_route(
            "/v1/overseers/{id}/agents/{agent_id}/cancellation",
            put_with(overseers::agents::mark, says("Mark an agent to be let go with the billing period")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/stop",
            post_with(overseers::stop::stop, says("Stop an agent at once"))
                .merge(delete_with(overseers::stop::resume, says("Let a stopped agent act again"))),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/block-client",
            post_with(overseers::blocks::block, says("Forbid a client for an agent")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/block-client/{client_id}",
            delete_with(overseers::blocks::unblock, says("Allow a client again")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/blocked-clients",
            get_with(overseers::blocks::list, says("The clients forbidden for an agent")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/oauth-history",
            get_with(agents::history::list_of_agent, says("Which clients asked an agent for what")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/requests-per-day",
            get_with(days::of_agent, says("How often an agent was asked for, by day and outcome")),
        )
        .api_route(
            "/v1/clients/{client_id}/requests-per-day",
            get_with(days::of_client, says("How often a client asked, by day and outcome")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/tokens",
            get_with(overseers::tokens::list, says("Which clients hold live tokens for an agent")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/tokens/{client_id}",
            delete_with(overseers::blocks::end_tokens, says("End what a client holds for an agent")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/consents",
            get_with(consents::list_of_agent, says("Which clients an agent has allowed what")),
        )
        .api_route(
            "/v1/overseers/agents/{agent_id}/consents/{client_id}",
            delete_with(consents::withdraw_of_agent, says("Withdraw an agent's consent, and end what came from it")),
        )
        .api_route(
            "/v1/oauth/authorize",
            post_with(oauth::authorize::authorize, says("The agent lets a client know it"))
                .merge(routing::get(oauth::redirect::authorize)),
        )
        .route("/v1/oauth/interaction/{id}", routing::get(oauth::interaction::page).post(oauth::interaction::act))
        .route("/v1/oauth/interaction/{id}/status", routing::get(oauth::interaction::status))
        .route("/v1/oauth/logout", routing::get(oauth::logout::ask).post(oauth::logout::ask))
        .route("/v1/oauth/logout/confirm", routing::post(oauth::logout::confirm))
        .route("/sign-in", routing::get(dashboard::sign_in::page).post(dashboard::sign_in::act))
        .route("/register", routing::get(dashboard::register::page).post(dashboard::register::act))
        .route("/forgotten", routing::get(dashboard::forgotten::page).post(dashboard::forgotten::act))
        .route("/confirm-email", routing::get(dashboard::confirm_email::page).post(dashboard::confirm_email::act))
        .route("/reset", routing::get(dashboard::reset::page).post(dashboard::reset::act))
        .route("/sign-out", routing::post(dashboard::sign_out::act))
        .route("/agents", routing::get(dashboard::agents::page))
        .route("/agents/{agent_id}", routing::get(dashboard::agent::page).post(dashboard::agent::act))
        .route("/agents/{agent_id}/history", routing::get(dashboard::history::page))
        .route("/claim", routing::get(dashboard::claim::page).post(dashboard::claim::act))
        .route("/claim/{challenge_id}", routing::get(dashboard::claims::page))
        .route("/malice/{agent_id}", routing::get(dashboard::malice::page).post(dashboard::malice::act))
        .route("/clients", routing::get(dashboard::clients::page))
        .route("/clients/new", routing::get(dashboard::new_client::page).post(dashboard::new_client::act))
        .route("/clients/{client_id}", routing::get(dashboard::client::page).post(dashboard::client::act))
        .route("/usage", routing::get(dashboard::usage::page).post(dashboard::usage::act))
        .route("/security", routing::get(dashboard::security::page))
        .route("/account", routing::get(dashboard::account::page).post(dashboard::account::act))
        .route("/static/style.css", routing::get(pages::statics::style))
        .route("/static/page.js", routing::get(pages::statics::script))
        .api_route(
            "/v1/oauth/sign-in/{challenge_id}/{agent_id}",
            get_with(oauth::sign_in::challenge, says("Sign in in a browser: what the agent has to sign")),
        )
        .api_route(
            "/v1/oauth/sign-in/{challenge_id}",
            post_with(oauth::sign_in::sign, says("Sign in in a browser: the agent's signature")),
        )
        .api_route(
            "/v1/overseers/{id}/clients",
            get_with(overseers::clients::list, says("The clients of oneself and of the agents that one answers for")),
        )
        .api_route(
            "/v1/overseers/{id}/clients/{client_id}/cancellation",
            put_with(overseers::clients::mark, says("Mark a client to be let go with the billing period")),
        )
        .api_route(
            "/v1/clients/register/{owner_type}",
            post_with(clients::registration::register, says("Register a client: an application")),
        )
        .api_route("/v1/clients/list/{owner_type}", get_with(clients::management::list, says("One's own clients")))
        .api_route(
            "/v1/clients/{client_id}",
            get_with(clients::management::show, says("A client; also for the overseer of the agent that owns it"))
                .merge(patch_with(clients::management::update, says("Change a client")))
                .merge(delete_with(clients::management::delete, says("Delete a client and everything that it holds"))),
        )
        .api_route(
            "/v1/clients/{client_id}/key",
            put_with(clients::credentials::set_key, says("Replace a client's key")),
        )
        .api_route(
            "/v1/clients/{client_id}/secret",
            post_with(clients::credentials::new_secret, says("Replace a client's secret; the new one is shown once")),
        )
        .api_route(
            "/v1/clients/{client_id}/disabled",
            put_with(clients::management::disable, says("Switch a client off, which ends what it holds, or on again")),
        )
        .api_route(
            "/v1/oauth/introspect",
            post_with(oauth::introspect::introspect, |operation| {
                openapi::form(operation.summary("Ask whether a token is good"), openapi::ONE_TOKEN_FORM)
            }),
        )
        .api_route(
            "/.well-known/openid-configuration",
            get_with(oauth::discovery::document, says("Discovery (OpenID Connect)")),
        )
        .api_route(
            "/.well-known/oauth-authorization-server",
            get_with(oauth::discovery::document, says("Discovery (RFC 8414)")),
        )
        .api_route(
            "/v1/oauth/.well-known/openid-configuration",
            get_with(oauth::discovery::document, says("Discovery, for older clients")),
        )
        .api_route("/.well-known/jwks.json", get_with(oauth::discovery::jwks, says("The keys that sign tokens")))
        .api_route(
            "/v1/oauth/token",
            post_with(oauth::token::token, |operation| {
                openapi::form(operation.summary("Get a token"), openapi::TOKEN_FORM)
            }),
        )
        .api_route(
            "/v1/oauth/par",
            post_with(oauth::par::push, |operation| {
                openapi::form(operation.summary("Push an authorization request"), openapi::PUSHED_FORM)
            }),
        )
        .api_route(
            "/v1/oauth/userinfo",
            get_with(oauth::userinfo::userinfo, says("What a token lets its holder know of the agent"))
                .merge(post_with(oauth::userinfo::userinfo, says("The same, for a posted token"))),
        )
        .api_route(
            "/v1/oauth/revoke",
            post_with(oauth::revoke::revoke, |operation| {
                openapi::form(operation.summary("End a token"), openapi::ONE_TOKEN_FORM)
            }),
        )
        .api_route(
            "/v1/oauth/revocations",
            get_with(oauth::revocations::list, says("Which tokens were revoked, signed")),
        )
        .finish_api(&mut document);
    (router, document)
}

async fn not_allowed() -> Refusal {
    Code::MethodNotAllowed.into()
}

/// The whole service: the routes, and what holds for every answer.
pub fn service(app: App) -> Router {
    let (router, _) = routes();
    let service = router
        .fallback(|| async { Refusal::from(Code::NotFound) })
        .method_not_allowed_fallback(not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), edge));
    issuer_path::serve_below(base(&app), service.with_state(app.clone()))
}

/// RFC 6797: a browser that has been here by https never comes by http.
const HTTPS_FOR_A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What holds for every answer, in one layer: each layer of a router costs every request a boxed service.
async fn edge(State(app): State<App>, request: Request, next: Next) -> Response {
    let request = match read_ahead(&app, request).await {
        Ok(request) => request,
        Err(refusal) => return refusal.into_response(),
    };
    let is_for_a_person = !request.uri().path().starts_with("/v1/") && landing::is_wanted(request.headers());
    let answer = access_log::write(request, async |request| {
        let answer = host::refuse_foreign(&app, request, next).await;
        if is_for_a_person { pages::for_a_person(&app, answer) } else { answer }
    });
    let mut answer = answer.await;
    for (name, value) in error::COMMON_HEADERS {
        answer.headers_mut().entry(name).or_insert(value);
    }
    if is_https(&app) {
        answer.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_FOR_A_YEAR);
    }
    put_nonce(&app, answer.headers_mut());
    answer
}

/// A request whose proof may need a nonce is read to its end before anything is said: whoever is told the nonce sends it once
/// more at once, on the same connection, which ends when a body is left unread on it.
async fn read_ahead(app: &App, request: Request) -> Result<Request, Refusal> {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let is_short = length.is_some_and(|length| length > 0 && length <= LARGEST_BODY);
    if !app.dpop_nonces.are_required() || !headers.contains_key("dpop") || !is_short {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_BODY).await.map_err(|_| Code::MalformedRequest)?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// RFC 9449 section 8.2: whoever calls has the next nonce before its own runs out. What others may keep has none, for it would
/// be old when it is read.
fn put_nonce(app: &App, headers: &mut HeaderMap) {
    if headers.get(header::CACHE_CONTROL).is_some_and(|value| value == "no-store")
        && let Some(nonce) = app.dpop_nonces.current(app.clock.now())
        && let Ok(nonce) = HeaderValue::from_str(&nonce)
    {
        headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
    }
}

/// A panic is a fault of ours: the caller is told no more than that.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, Refusal::from(Code::Internal)).into_response()
}
