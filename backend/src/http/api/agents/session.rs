//! `/v1/agents/login` and `/v1/agents/logout`.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::app::App;
use crate::http::api::view::{AgentSession, AgentView, Done};
use crate::http::extract::{AgentCaller, JsonBody, ProvenAgent};
use crate::id::AgentId;
use crate::identity::{agents, sessions};
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// Who logs in.
#[derive(Deserialize, JsonSchema)]
pub struct Login {
    /// The agent whose key signed the proof.
    agent_id: AgentId,
}

/// `POST /v1/agents/login`
pub async fn login(
    State(app): State<App>,
    ProvenAgent(caller): ProvenAgent,
    JsonBody(body): JsonBody<Login>,
) -> Result<Json<AgentSession>, Refusal> {
    let now = app.clock.now();
    let session = PlainToken::generate(app.random);
    let session_id = session.expose().to_owned();
    let log_in = caller.write(&app, move |tx, agent| {
        if agent.id != body.agent_id {
            return Err(Code::NotAuthenticated.because("The proof is signed by another agent's key. Check `agent_id`."));
        }
        agents::must_be_free(agent)?;
        sessions::begin_for_agent(tx, &agent.id, &session, now)?;
        Ok(AgentView::of(tx, agent)?)
    });
    Ok(Json(AgentSession::new(log_in.await?, session_id)))
}

/// `POST /v1/agents/logout`
pub async fn logout(State(app): State<App>, caller: AgentCaller) -> Result<Json<Done>, Refusal> {
    let session = caller.session();
    let log_out = caller.write(&app, move |tx, _| match &session {
        Some(session) => Ok(sessions::end(tx, session)?),
        None => Err(Code::NotAuthenticated.because("A proof has no session to end. Send the session.")),
    });
    log_out.await?;
    Ok(Done::json())
}
