//! `/v1/agents/me/consents` and `/v1/overseers/agents/{agent_id}/consents`: what an agent has allowed which client.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::overseers::blocks::{AgentClientPath, EndedTokens};
use crate::app::App;
use crate::clock::rfc3339;
use crate::db::schema::consents::Consent;
use crate::http::api::view::AgentPath;
use crate::http::extract::{AgentCaller, At, OverseerCaller};
use crate::id::ClientId;
use crate::identity::agents::must_be_free;
use crate::oauth::consents;
use crate::oversight::access;
use crate::refusal::Refusal;

/// All consents of an agent.
#[derive(Serialize, JsonSchema)]
pub struct Consents {
    consents: Vec<ConsentView>,
}

/// What an agent has allowed one client.
#[derive(Serialize, JsonSchema)]
pub struct ConsentView {
    client: ConsentClient,
    /// All that was ever allowed, space-separated.
    scopes: String,
    /// RFC 3339, UTC.
    created_at: String,
    /// When the agent last authorized the client, RFC 3339, UTC.
    updated_at: String,
}

/// The client that was allowed.
#[derive(Serialize, JsonSchema)]
pub struct ConsentClient {
    id: ClientId,
    name: String,
}

/// The client that an address names.
#[derive(Deserialize, JsonSchema)]
pub struct ClientPath {
    client_id: ClientId,
}

impl Consents {
    fn of(consents: Vec<(Consent, String)>) -> Self {
        let view = |(consent, name): (Consent, String)| ConsentView {
            client: ConsentClient { id: consent.client_id, name },
            scopes: consent.scopes,
            created_at: rfc3339(consent.created_at),
            updated_at: rfc3339(consent.updated_at),
        };
        Self { consents: consents.into_iter().map(view).collect() }
    }
}

/// `GET /v1/agents/me/consents`
pub async fn list(State(app): State<App>, caller: AgentCaller) -> Result<Json<Consents>, Refusal> {
    let consents = caller.read(&app, |tx, agent| consents::list(tx, &agent.id)).await?;
    Ok(Json(Consents::of(consents)))
}

/// `DELETE /v1/agents/me/consents/{client_id}`
pub async fn withdraw(
    State(app): State<App>,
    caller: AgentCaller,
    At(ClientPath { client_id }): At<ClientPath>,
) -> Result<Json<EndedTokens>, Refusal> {
    let now = app.clock.now();
    let withdraw = caller.write(&app, move |tx, agent| {
        must_be_free(agent)?;
        consents::withdraw(tx, &agent.id, &client_id, now)
    });
    Ok(EndedTokens::json(withdraw.await?))
}

/// `GET /v1/overseers/agents/{agent_id}/consents`
pub async fn list_of_agent(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
) -> Result<Json<Consents>, Refusal> {
    let list = caller.read(&app, move |tx, overseer| {
        access::must_oversee(tx, &overseer.id, &agent_id)?;
        consents::list(tx, &agent_id)
    });
    Ok(Json(Consents::of(list.await?)))
}

/// `DELETE /v1/overseers/agents/{agent_id}/consents/{client_id}`
pub async fn withdraw_of_agent(
    State(app): State<App>,
    caller: OverseerCaller,
    At(path): At<AgentClientPath>,
) -> Result<Json<EndedTokens>, Refusal> {
    let now = app.clock.now();
    let withdraw = caller.write(&app, move |tx, overseer| {
        access::must_oversee(tx, &overseer.id, &path.agent_id)?;
        consents::withdraw(tx, &path.agent_id, &path.client_id, now)
    });
    Ok(EndedTokens::json(withdraw.await?))
}
