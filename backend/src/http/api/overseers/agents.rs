//! `/v1/overseers/{id}/agents`: the agents that an overseer answers for.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::db::Tx;
use crate::db::schema::overseers::Overseer;
use crate::db::schema::{agents, oversights};
use crate::http::api::view::{AgentView, Done};
use crate::http::extract::{At, JsonBody, OverseerCaller};
use crate::id::AgentId;
use crate::oversight::access;
use crate::refusal::{Code, Refusal};

/// All agents of an overseer.
#[derive(Serialize, JsonSchema)]
pub struct Agents {
    agents: Vec<OverseenAgent>,
}

/// An agent, and how the overseer stands to it.
#[derive(Serialize, JsonSchema)]
pub struct OverseenAgent {
    #[serde(flatten)]
    agent: AgentView,
    /// Since when the overseer answers for it, RFC 3339, UTC.
    since: String,
    /// It is let go at the end of the billing period.
    marked_for_cancellation: bool,
}

/// The overseer that an address names.
#[derive(Deserialize, JsonSchema)]
pub struct OverseerPath {
    /// `me`, or one's own id.
    pub id: String,
}

/// The overseer and the agent that an address names.
#[derive(Deserialize, JsonSchema)]
pub struct OverseerAgentPath {
    /// `me`, or one's own id.
    id: String,
    agent_id: AgentId,
}

/// Whether to let it go.
#[derive(Deserialize, JsonSchema)]
pub struct Cancellation {
    /// With the billing period.
    pub marked_for_cancellation: bool,
}

/// `GET /v1/overseers/{id}/agents`
pub async fn list(
    State(app): State<App>,
    caller: OverseerCaller,
    At(path): At<OverseerPath>,
) -> Result<Json<Agents>, Refusal> {
    let read = caller.read(&app, move |tx, overseer| {
        must_be_self(overseer, &path.id)?;
        all(tx, overseer)
    });
    Ok(Json(Agents { agents: read.await? }))
}

/// `PUT /v1/overseers/{id}/agents/{agent_id}/cancellation`
pub async fn mark(
    State(app): State<App>,
    caller: OverseerCaller,
    At(path): At<OverseerAgentPath>,
    JsonBody(body): JsonBody<Cancellation>,
) -> Result<Json<Done>, Refusal> {
    let mark = caller.write(&app, move |tx, overseer| {
        must_be_self(overseer, &path.id)?;
        access::mark_for_cancellation(tx, &overseer.id, &path.agent_id, body.marked_for_cancellation)
    });
    mark.await?;
    Ok(Done::json())
}

/// Refuses an address that names another overseer.
pub fn must_be_self(overseer: &Overseer, id: &str) -> Result<(), Refusal> {
    if id == "me" || id == overseer.id.as_str() { Ok(()) } else { Err(Code::NotYourAccount.into()) }
}

fn all(tx: &mut Tx<'_>, overseer: &Overseer) -> Result<Vec<OverseenAgent>, Refusal> {
    let agents = agents::of_overseer(tx, &overseer.id)?;
    let oversights = oversights::of_overseer(tx, &overseer.id)?;
    // Both are ordered by the agent's id, and each agent has one active oversight.
    let pairs = agents.iter().zip(&oversights);
    Ok(pairs
        .map(|(agent, oversight)| OverseenAgent {
            agent: AgentView::with_overseer(agent, Some(overseer.id.clone())),
            since: rfc3339(oversight.updated_at),
            marked_for_cancellation: oversight.marked_for_cancellation,
        })
        .collect())
}
