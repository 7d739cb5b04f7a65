//! `/v1/overseers/agents/{agent_id}/stop`: stop and resume.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::clock::{rfc3339, stopwatch};
use crate::http::api::view::{AgentPath, Done};
use crate::http::extract::{At, OverseerCaller};
use crate::identity::security_log::CalledFrom;
use crate::oversight::stop::{self, Receipt};
use crate::refusal::Refusal;

/// What a stop did.
#[derive(Serialize, JsonSchema)]
pub struct Stopped {
    success: bool,
    /// RFC 3339, UTC.
    stopped_at: String,
    ended: EndedView,
    /// Until then an API that verifies offline and reads no revocation list may still accept a token that was
    /// ended; null when every token has expired. RFC 3339, UTC.
    offline_until: Option<String>,
    /// How long it took, in milliseconds.
    took_ms: f64,
}

/// How many live things were ended.
#[derive(Serialize, JsonSchema)]
pub struct EndedView {
    sessions: i64,
    codes: i64,
    access_tokens: i64,
    refresh_tokens: i64,
}

impl Stopped {
    /// The receipt of a stop that took this long.
    pub fn new(receipt: &Receipt, took_ms: f64) -> Self {
        Self {
            success: true,
            stopped_at: rfc3339(receipt.stopped_at),
            ended: EndedView {
                sessions: receipt.ended.sessions,
                codes: receipt.ended.codes,
                access_tokens: receipt.ended.access_tokens,
                refresh_tokens: receipt.ended.refresh_tokens,
            },
            offline_until: receipt.ended.last_expiry.map(rfc3339),
            took_ms,
        }
    }
}

/// `POST /v1/overseers/agents/{agent_id}/stop`
pub async fn stop(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
    from: CalledFrom,
) -> Result<Json<Stopped>, Refusal> {
    let began = stopwatch();
    let receipt = caller.write(&app, move |tx, overseer| stop::by_overseer(tx, &overseer.id, &agent_id, &from)).await?;
    Ok(Json(Stopped::new(&receipt, began.elapsed().as_secs_f64() * 1000.0)))
}

/// `DELETE /v1/overseers/agents/{agent_id}/stop`
pub async fn resume(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
    from: CalledFrom,
) -> Result<Json<Done>, Refusal> {
    caller.write(&app, move |tx, overseer| stop::resume_by_overseer(tx, &overseer.id, &agent_id, &from)).await?;
    Ok(Done::json())
}
