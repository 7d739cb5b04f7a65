//! `/v1/agents/claim`, `/v1/agents/revoke-overseer` and `/v1/agents/declaim`: who answers for an agent.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::crypto::key_input::KeyInput;
use crate::http::api::view::{AgentPath, ChallengePath, Done, OversightView};
use crate::http::extract::{AgentCaller, At, ClientAddress, JsonBody, OverseerCaller};
use crate::id::{AgentId, ChallengeId, OverseerId};
use crate::identity::security_log::CalledFrom;
use crate::oversight::claims::{self, Whom};
use crate::refusal::{Code, Refusal};

/// Whom to claim: one of the two.
#[derive(Deserialize, JsonSchema)]
pub struct Initiate {
    agent_id: Option<AgentId>,
    public_key: Option<KeyInput>,
}

/// A claim that waits for the agent.
#[derive(Serialize, JsonSchema)]
pub struct Initiated {
    challenge_id: ChallengeId,
    /// RFC 3339, UTC.
    expires_at: String,
    /// Where the agent agrees.
    challenge_url: String,
    /// What the agent must name when it agrees.
    overseer_id: OverseerId,
}

/// The agent's answer.
#[derive(Deserialize, JsonSchema)]
pub struct Answer {
    /// The overseer it agrees to; must be the one who made the claim.
    overseer_id: OverseerId,
    /// False declines; left out, it agrees.
    accept: Option<bool>,
}

/// What came of the answer.
#[derive(Serialize, JsonSchema)]
pub struct Answered {
    success: bool,
    /// `completed` or `rejected`; `awaiting-payment` for a shadow claim that the agent agreed to.
    status: &'static str,
    /// Null when the agent declined, or what it agreed to is to be paid.
    oversight: Option<OversightView>,
}

/// Where a claim stands.
#[derive(Serialize, JsonSchema)]
pub struct ClaimStatus {
    /// `pending`, `completed`, `rejected` or `expired`.
    status: &'static str,
}

/// `POST /v1/agents/claim/initiate`
pub async fn initiate(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    caller: OverseerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<Initiate>,
) -> Result<Json<Initiated>, Refusal> {
    app.rate_limits.claims.check(&address)?;
    let server = app.claims();
    let whom = match (body.agent_id, body.public_key) {
        (Some(id), None) => Whom::Id(id),
        (None, Some(key)) => Whom::Key(key.key().map_err(|error| Code::InvalidKey.because(error.to_string()))?),
        (_, _) => return Err(Code::InvalidField.because("Send `agent_id` or `public_key`.")),
    };
    let initiate = caller.write(&app, move |tx, overseer| {
        let challenge = claims::initiate(tx, &overseer.id, &whom, &server, &from)?;
        Ok((challenge, overseer.id.clone()))
    });
    let (challenge, overseer_id) = initiate.await?;
    Ok(Json(Initiated {
        challenge_url: format!("{}/v1/agents/claim/complete/{}", app.issuer, challenge.id),
        expires_at: rfc3339(challenge.expires_at),
        challenge_id: challenge.id,
        overseer_id,
    }))
}

/// `POST /v1/agents/claim/complete/{challenge_id}`
pub async fn complete(
    State(app): State<App>,
    caller: AgentCaller,
    At(ChallengePath { challenge_id }): At<ChallengePath>,
    from: CalledFrom,
    JsonBody(body): JsonBody<Answer>,
) -> Result<Json<Answered>, Refusal> {
    let server = app.claims();
    let answer = caller.write(&app, move |tx, agent| {
        let asked = (&challenge_id, &body.overseer_id);
        claims::answer(tx, agent, asked, body.accept.unwrap_or(true), &server, &from)
    });
    let (status, oversight) = match answer.await? {
        claims::Answered::Completed(oversight) => ("completed", Some(OversightView::of(&oversight))),
        claims::Answered::AwaitingPayment => ("awaiting-payment", None),
        claims::Answered::Rejected => ("rejected", None),
    };
    Ok(Json(Answered { success: true, status, oversight }))
}

/// `GET /v1/agents/claim/status/{challenge_id}`
pub async fn status(
    State(app): State<App>,
    caller: OverseerCaller,
    At(ChallengePath { challenge_id }): At<ChallengePath>,
) -> Result<Json<ClaimStatus>, Refusal> {
    let now = app.clock.now();
    let status = caller.read(&app, move |tx, overseer| claims::status(tx, &overseer.id, &challenge_id, now)).await?;
    Ok(Json(ClaimStatus { status: status.as_str() }))
}

/// `POST /v1/agents/revoke-overseer`
pub async fn revoke_overseer(
    State(app): State<App>,
    caller: AgentCaller,
    from: CalledFrom,
) -> Result<Json<Done>, Refusal> {
    caller.write(&app, move |tx, agent| claims::revoke_overseer(tx, agent, &from)).await?;
    Ok(Done::json())
}

/// `POST /v1/agents/declaim/{agent_id}`
pub async fn declaim(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
    from: CalledFrom,
) -> Result<Json<Done>, Refusal> {
    let caller = caller.by_more_than_a_cookie()?;
    caller.write(&app, move |tx, overseer| claims::declaim(tx, &overseer.id, &agent_id, &from)).await?;
    Ok(Done::json())
}
