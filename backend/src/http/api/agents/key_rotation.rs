//! `/v1/agents/rotate-key`: an agent changes its key.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::registration::{Answer, find};
use crate::app::App;
use crate::crypto::key_input::KeyInput;
use crate::http::api::view::{AgentSession, AgentView, ChallengePath, ChallengeView};
use crate::http::extract::{AgentCaller, At, JsonBody, ProvenAgent};
use crate::identity::challenges::Purpose;
use crate::identity::key_rotation;
use crate::identity::security_log::CalledFrom;
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// The key that shall take the old one's place.
#[derive(Deserialize, JsonSchema)]
pub struct Initiate {
    /// Never any agent's before.
    new_public_key: KeyInput,
}

/// `POST /v1/agents/rotate-key/initiate`
pub async fn initiate(
    State(app): State<App>,
    caller: AgentCaller,
    JsonBody(body): JsonBody<Initiate>,
) -> Result<Json<ChallengeView>, Refusal> {
    let new_key = body.new_public_key.key().map_err(|error| Code::InvalidKey.because(error.to_string()))?;
    let (issuer, clock, random) = (app.issuer.clone(), app.clock.clone(), app.random);
    let initiate =
        caller.write(&app, move |tx, agent| key_rotation::initiate(tx, agent, &new_key, &issuer, &clock, random));
    Ok(Json(ChallengeView::of(initiate.await?)))
}

/// `POST /v1/agents/rotate-key/complete/{challenge_id}`
pub async fn complete(
    State(app): State<App>,
    ProvenAgent(caller): ProvenAgent,
    At(ChallengePath { challenge_id }): At<ChallengePath>,
    from: CalledFrom,
    JsonBody(body): JsonBody<Answer>,
) -> Result<Json<AgentSession>, Refusal> {
    // Verified before the transaction, judged in it: who asks comes first, and the proof is spent in any case.
    let agreed = find(&app, challenge_id, Purpose::RotateKey).await.and_then(|challenge| {
        let new_key = key_rotation::agreed_key(&challenge, &body.signature)?;
        Ok((challenge, new_key))
    });
    let session = PlainToken::generate(app.random);
    let session_id = session.expose().to_owned();
    let rotate = caller.write(&app, move |tx, agent| {
        let (challenge, new_key) = agreed.as_ref().map_err(Refusal::clone)?;
        let agent = key_rotation::complete(tx, agent, challenge, new_key, &session, &from)?;
        Ok(AgentView::of(tx, &agent)?)
    });
    Ok(Json(AgentSession::new(rotate.await?, session_id)))
}
