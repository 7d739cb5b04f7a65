//! Requests per day, of an agent and of a client: what charts are drawn from.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock;
use crate::db::schema::authorization_days::{self, Requests, day_of};
use crate::http::api::clients::view::ClientPath;
use crate::http::api::view::AgentPath;
use crate::http::extract::{At, InQuery, OverseerCaller, OwnerCaller};
use crate::oauth::clients::management;
use crate::oversight::access;
use crate::refusal::Refusal;

const DAY: i64 = 24 * 60 * 60;

/// How far back.
#[derive(Deserialize, JsonSchema)]
pub struct Span {
    /// 1 to 400; 30 when left out.
    days: Option<i64>,
}

/// Days on which there was something, oldest first.
#[derive(Serialize, JsonSchema)]
pub struct Days {
    days: Vec<DayView>,
}

/// The requests of a day that ended alike.
#[derive(Serialize, JsonSchema)]
pub struct DayView {
    /// In UTC, such as `2026-11-28`.
    day: String,
    /// `approved`, `denied`, `blocked`, `limited` or `stopped`.
    status: String,
    requests: i64,
}

impl Span {
    fn first_day(&self, now: i64) -> i64 {
        day_of(now) + 1 - self.days.unwrap_or(30).clamp(1, 400)
    }
}

/// `GET /v1/overseers/agents/{agent_id}/requests-per-day`
pub async fn of_agent(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
    InQuery(span): InQuery<Span>,
) -> Result<Json<Days>, Refusal> {
    let from = span.first_day(app.clock.now());
    let read = caller.read(&app, move |tx, overseer| {
        access::must_oversee(tx, &overseer.id, &agent_id)?;
        Ok(authorization_days::of_agent(tx, &agent_id, from)?)
    });
    Ok(days(read.await?))
}

/// `GET /v1/clients/{client_id}/requests-per-day`
pub async fn of_client(
    State(app): State<App>,
    caller: OwnerCaller,
    At(ClientPath { client_id }): At<ClientPath>,
    InQuery(span): InQuery<Span>,
) -> Result<Json<Days>, Refusal> {
    let from = span.first_day(app.clock.now());
    let read = caller.read(&app, move |tx, principal| {
        management::visible(tx, &principal.owner(), &client_id)?;
        Ok(authorization_days::of_client(tx, &client_id, from)?)
    });
    Ok(days(read.await?))
}

fn days(counted: Vec<Requests>) -> Json<Days> {
    let view = |counted: Requests| DayView {
        day: clock::day(counted.day * DAY),
        status: counted.status,
        requests: counted.requests,
    };
    Json(Days { days: counted.into_iter().map(view).collect() })
}
