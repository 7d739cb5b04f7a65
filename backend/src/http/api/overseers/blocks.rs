//! `/v1/overseers/agents/{agent_id}/block-client` and `tokens`: what a client may hold for an agent.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::db::schema::access_tokens::Ended;
use crate::db::schema::client_blocks::ClientBlock;
use crate::http::api::view::{AgentPath, Done};
use crate::http::extract::{At, JsonBody, OverseerCaller};
use crate::id::{self, AgentId, ClientId};
use crate::identity::security_log::CalledFrom;
use crate::oversight::blocks;
use crate::refusal::Refusal;

/// Whom to block.
#[derive(Deserialize, JsonSchema)]
pub struct Block {
    client_id: ClientId,
}

/// The agent and the client that an address names.
#[derive(Deserialize, JsonSchema)]
pub struct AgentClientPath {
    /// The agent.
    pub agent_id: AgentId,
    /// A client; for the agent's own tokens, the agent's own id.
    pub client_id: ClientId,
}

/// What is blocked for an agent.
#[derive(Serialize, JsonSchema)]
pub struct BlockedClients {
    blocked_clients: Vec<BlockedClient>,
}

/// One blocked client.
#[derive(Serialize, JsonSchema)]
pub struct BlockedClient {
    client_id: ClientId,
    /// RFC 3339, UTC.
    created_at: String,
}

/// What was ended.
#[derive(Serialize, JsonSchema)]
pub struct EndedTokens {
    success: bool,
    /// Access tokens that were live.
    access_tokens: i64,
    /// Refresh tokens that were live.
    refresh_tokens: i64,
}

impl EndedTokens {
    /// The answer.
    pub fn json(ended: Ended) -> Json<Self> {
        Json(Self { success: true, access_tokens: ended.access_tokens, refresh_tokens: ended.refresh_tokens })
    }
}

/// `POST /v1/overseers/agents/{agent_id}/block-client`
pub async fn block(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
    from: CalledFrom,
    JsonBody(body): JsonBody<Block>,
) -> Result<Json<Done>, Refusal> {
    let (clock, random) = (app.clock.clone(), app.random);
    let block = caller.write(&app, move |tx, overseer| {
        let block = ClientBlock {
            id: id::new(&clock, random),
            agent_id: agent_id.clone(),
            overseer_id: overseer.id.clone(),
            client_id: body.client_id.clone(),
            created_at: clock.now(),
        };
        blocks::block(tx, &block, &from)
    });
    block.await?;
    Ok(Done::json())
}

/// `DELETE /v1/overseers/agents/{agent_id}/block-client/{client_id}`
pub async fn unblock(
    State(app): State<App>,
    caller: OverseerCaller,
    At(path): At<AgentClientPath>,
    from: CalledFrom,
) -> Result<Json<Done>, Refusal> {
    let lift = caller
        .write(&app, move |tx, overseer| blocks::unblock(tx, &overseer.id, &path.agent_id, &path.client_id, &from));
    lift.await?;
    Ok(Done::json())
}

/// `GET /v1/overseers/agents/{agent_id}/blocked-clients`
pub async fn list(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
) -> Result<Json<BlockedClients>, Refusal> {
    let blocked = caller.read(&app, move |tx, overseer| blocks::list(tx, &overseer.id, &agent_id)).await?;
    let view = |block: ClientBlock| BlockedClient { client_id: block.client_id, created_at: rfc3339(block.created_at) };
    Ok(Json(BlockedClients { blocked_clients: blocked.into_iter().map(view).collect() }))
}

/// `DELETE /v1/overseers/agents/{agent_id}/tokens/{client_id}`
pub async fn end_tokens(
    State(app): State<App>,
    caller: OverseerCaller,
    At(path): At<AgentClientPath>,
    from: CalledFrom,
) -> Result<Json<EndedTokens>, Refusal> {
    let end = caller.write(&app, move |tx, overseer| {
        blocks::end_tokens(tx, &overseer.id, &path.agent_id, path.client_id.as_str(), &from)
    });
    Ok(EndedTokens::json(end.await?))
}
