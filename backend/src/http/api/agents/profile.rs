//! `/v1/agents/me`: an agent looks at itself, changes its profile, and ends.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::db::schema::{overseers, oversights};
use crate::http::api::view::{AgentView, Done};
use crate::http::extract::{AgentCaller, JsonBody, ProvenAgent};
use crate::id::OverseerId;
use crate::identity::agents;
use crate::identity::security_log::CalledFrom;
use crate::oversight::shadow_claims;
use crate::refusal::Refusal;

/// An agent.
#[derive(Serialize, JsonSchema)]
pub struct OneAgent {
    agent: AgentView,
    /// What the agent may want to tell somebody; left out when there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, JsonSchema)]
pub struct Change {
    /// 1 to 100 characters.
    name: Option<String>,
    /// At most 500 characters; an empty one takes it away.
    description: Option<String>,
}

/// Who answers for the agent.
#[derive(Serialize, JsonSchema)]
pub struct AnsweringOverseer {
    overseer: Option<OverseerSummary>,
}

/// What an agent sees of its overseer.
#[derive(Serialize, JsonSchema)]
pub struct OverseerSummary {
    id: OverseerId,
    name: Option<String>,
    /// RFC 3339, UTC.
    since: String,
    /// True for one without an account, who paid once.
    shadow: bool,
    /// Until when that is paid, RFC 3339, UTC; left out for an overseer with an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// `GET /v1/agents/me`
pub async fn show(State(app): State<App>, caller: AgentCaller) -> Result<Json<OneAgent>, Refusal> {
    let page = app.config.paddle.shadow_price().map(|_| format!("{}/malice", app.issuer));
    let (tiers, now) = (app.tiers.clone(), app.clock.now());
    let read = caller.read(&app, move |tx, agent| {
        let hint = shadow_claims::hint(tx, &agent.id, page.as_deref(), &tiers, now)?;
        Ok(OneAgent { agent: AgentView::of(tx, agent)?, hint })
    });
    Ok(Json(read.await?))
}

/// `PATCH /v1/agents/me`
pub async fn update(
    State(app): State<App>,
    caller: AgentCaller,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<OneAgent>, Refusal> {
    let now = app.clock.now();
    let change = caller.write(&app, move |tx, agent| {
        let agent = agents::update(tx, agent, change.name.as_deref(), change.description.as_deref(), now)?;
        Ok(AgentView::of(tx, &agent)?)
    });
    Ok(Json(OneAgent { agent: change.await?, hint: None }))
}

/// `DELETE /v1/agents/me`
pub async fn delete(
    State(app): State<App>,
    ProvenAgent(caller): ProvenAgent,
    from: CalledFrom,
) -> Result<Json<Done>, Refusal> {
    caller.write(&app, move |tx, agent| agents::delete(tx, agent, &from)).await?;
    Ok(Done::json())
}

/// `GET /v1/agents/me/overseer`
pub async fn overseer(State(app): State<App>, caller: AgentCaller) -> Result<Json<AnsweringOverseer>, Refusal> {
    let now = app.clock.now();
    let find = caller.read(&app, move |tx, agent| {
        let Some(oversight) = oversights::current(tx, &agent.id, now)? else { return Ok(None) };
        let overseer = overseers::find(tx, &oversight.overseer_id)?;
        Ok(Some(OverseerSummary {
            shadow: oversight.overseer_id.is_shadow(),
            until: oversight.ends_at.map(rfc3339),
            name: overseer.map(|overseer| overseer.name),
            since: rfc3339(oversight.updated_at),
            id: oversight.overseer_id,
        }))
    });
    Ok(Json(AnsweringOverseer { overseer: find.await? }))
}
