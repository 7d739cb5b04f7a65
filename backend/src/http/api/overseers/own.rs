//! `/v1/overseers/me` and below: what an overseer does with their own account.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::{OneOverseer, confirm};
use crate::app::App;
use crate::clock::rfc3339;
use crate::db::schema::cut;
use crate::db::schema::overseers as rows;
use crate::db::schema::security_events::{self, SecurityEvent};
use crate::http::api::view::{Done, OverseerView};
use crate::http::extract::{At, ClientAddress, InQuery, JsonBody, OverseerCaller};
use crate::id::EventId;
use crate::identity::accounts;
use crate::identity::fields::Name;
use crate::identity::security_log::CalledFrom;
use crate::refusal::Refusal;
use crate::secret::Password;

/// What changes; what is left out stays.
#[derive(Deserialize, JsonSchema)]
pub struct Update {
    /// 1 to 100 characters.
    name: Option<String>,
}

/// The password, once more.
#[derive(Deserialize, JsonSchema)]
pub struct Confirmation {
    password: Password,
}

/// Where the overseer is signed in.
#[derive(Serialize, JsonSchema)]
pub struct Sessions {
    sessions: Vec<SessionView>,
}

/// One session.
#[derive(Serialize, JsonSchema)]
pub struct SessionView {
    /// For ending it; it signs nobody in.
    id: String,
    /// In a browser, or of the API.
    browser: bool,
    /// This very one.
    current: bool,
    /// Where it began.
    address: Option<String>,
    /// What the browser or program said of itself.
    user_agent: Option<String>,
    /// RFC 3339, UTC.
    created_at: String,
    /// Unless it is used before, RFC 3339, UTC.
    expires_at: String,
}

/// Which session.
#[derive(Deserialize, JsonSchema)]
pub struct SessionPath {
    session_id: String,
}

/// Which page of the log.
#[derive(Deserialize, JsonSchema)]
pub struct LogPage {
    /// 1 to 100; 50 when left out.
    limit: Option<i64>,
    /// `next` of the page before.
    before: Option<EventId>,
}

/// A page of the security log, newest first.
#[derive(Serialize, JsonSchema)]
pub struct SecurityLog {
    events: Vec<EventView>,
    /// For `before`; null on the last page.
    next: Option<String>,
}

/// One line of it.
#[derive(Serialize, JsonSchema)]
pub struct EventView {
    id: String,
    /// What happened, such as `signed_in` or `agent_stopped`.
    kind: String,
    /// About which agent.
    agent_id: Option<String>,
    /// About which client.
    client_id: Option<String>,
    /// Where the call came from; null for the operator's command line.
    address: Option<String>,
    user_agent: Option<String>,
    /// RFC 3339, UTC.
    created_at: String,
}

/// `PATCH /v1/overseers/me`
pub async fn update(
    State(app): State<App>,
    caller: OverseerCaller,
    JsonBody(body): JsonBody<Update>,
) -> Result<Json<OneOverseer>, Refusal> {
    let name = body.name.map(|name| Name::parse(&name)).transpose()?.map(Name::into_string);
    let now = app.clock.now();
    let rename = caller.write(&app, move |tx, overseer| {
        let Some(name) = &name else { return Ok(OverseerView::of(overseer)) };
        rows::rename(tx, &overseer.id, name, now)?;
        Ok(OverseerView::of(&rows::Overseer { name: name.clone(), updated_at: now, ..overseer.clone() }))
    });
    Ok(Json(OneOverseer { overseer: rename.await? }))
}

/// `DELETE /v1/overseers/me`
pub async fn delete(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    caller: OverseerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<Confirmation>,
) -> Result<Json<Done>, Refusal> {
    let confirmed = confirm(&app, address, caller.clone(), body.password).await?;
    let is_paying = app.paddle.is_some();
    let delete = caller
        .write(&app, move |tx, overseer| confirmed.then(overseer, || accounts::delete(tx, overseer, is_paying, &from)));
    delete.await?;
    Ok(Done::json())
}

/// `GET /v1/overseers/me/sessions`
pub async fn sessions(State(app): State<App>, caller: OverseerCaller) -> Result<Json<Sessions>, Refusal> {
    let (shown, now) = (caller.credential(), app.clock.now());
    let sessions = caller.read(&app, move |tx, overseer| accounts::live_sessions(tx, overseer, now)).await?;
    let view = |session: crate::db::schema::sessions::Session| SessionView {
        current: accounts::is_shown(&session, shown.token()),
        id: session.id,
        browser: session.browser,
        address: session.address,
        user_agent: session.user_agent,
        created_at: rfc3339(session.created_at),
        expires_at: rfc3339(session.expires_at),
    };
    Ok(Json(Sessions { sessions: sessions.into_iter().map(view).collect() }))
}

/// `DELETE /v1/overseers/me/sessions/{session_id}`
pub async fn end_session(
    State(app): State<App>,
    At(SessionPath { session_id }): At<SessionPath>,
    caller: OverseerCaller,
    from: CalledFrom,
) -> Result<Json<Done>, Refusal> {
    caller.write(&app, move |tx, overseer| accounts::end_session(tx, overseer, &session_id, &from)).await?;
    Ok(Done::json())
}

/// `GET /v1/overseers/me/security-log`
pub async fn security_log(
    State(app): State<App>,
    caller: OverseerCaller,
    InQuery(page): InQuery<LogPage>,
) -> Result<Json<SecurityLog>, Refusal> {
    let limit = page.limit.unwrap_or(50).clamp(1, 100);
    let read = caller
        .read(&app, move |tx, overseer| Ok(security_events::page(tx, &overseer.id, page.before.as_ref(), limit + 1)?));
    let mut events = read.await?;
    let next = cut(&mut events, limit, |event| event.id.clone());
    Ok(Json(SecurityLog { events: events.into_iter().map(view).collect(), next }))
}

fn view(event: SecurityEvent) -> EventView {
    EventView {
        id: event.id,
        kind: event.kind,
        agent_id: event.agent_id,
        client_id: event.client_id,
        address: event.address,
        user_agent: event.user_agent,
        created_at: rfc3339(event.created_at),
    }
}
