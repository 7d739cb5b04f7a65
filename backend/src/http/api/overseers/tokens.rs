//! `GET /v1/overseers/agents/{agent_id}/tokens`: who holds live tokens for an agent.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::clock::rfc3339;
use crate::db::schema::access_tokens::{self, Holder};
use crate::http::api::view::AgentPath;
use crate::http::extract::{At, OverseerCaller};
use crate::oversight::access;
use crate::refusal::Refusal;

/// Everybody who holds some.
#[derive(Serialize, JsonSchema)]
pub struct Holders {
    holders: Vec<HolderView>,
}

/// Somebody who holds live tokens.
#[derive(Serialize, JsonSchema)]
pub struct HolderView {
    /// The client; the agent's own id for its own tokens.
    client_id: String,
    /// Null for the agent itself, and when the client was deleted.
    client_name: Option<String>,
    access_tokens: i64,
    refresh_tokens: i64,
    /// Until when it can go on, RFC 3339, UTC.
    until: String,
}

/// `GET /v1/overseers/agents/{agent_id}/tokens`
pub async fn list(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
) -> Result<Json<Holders>, Refusal> {
    let now = app.clock.now();
    let holders = caller.read(&app, move |tx, overseer| {
        access::must_oversee(tx, &overseer.id, &agent_id)?;
        Ok(access_tokens::holders(tx, &agent_id, now)?)
    });
    Ok(Json(Holders { holders: holders.await?.into_iter().map(view).collect() }))
}

fn view(holder: Holder) -> HolderView {
    HolderView {
        client_id: holder.client_id,
        client_name: holder.client_name,
        access_tokens: holder.access_tokens,
        refresh_tokens: holder.refresh_tokens,
        until: rfc3339(holder.until),
    }
}
