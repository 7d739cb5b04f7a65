//! `/v1/agents/malice`: somebody without an account lifts an agent's limits by paying once. Nobody has to be signed in.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::billing::tiers;
use crate::clock::rfc3339;
use crate::db::schema::challenges::Challenge;
use crate::db::schema::checkouts::Checkout;
use crate::http::api::subscriptions::{address_of, refused};
use crate::http::api::view::{AgentPath, ChallengePath, Done};
use crate::http::extract::{At, ClientAddress};
use crate::id::{AgentId, ChallengeId, OverseerId};
use crate::outbound::paddle::Paddle;
use crate::oversight::claims::must_be_there;
use crate::oversight::shadow_claims::{self, NOT_OFFERED, Standing};
use crate::refusal::{Code, Refusal};

/// A shadow claim that waits for the agent.
#[derive(Serialize, JsonSchema)]
pub struct Initiated {
    challenge_id: ChallengeId,
    /// Where the agent agrees.
    challenge_url: String,
    /// What the agent must name when it agrees: a UUIDv8, the same with each payment.
    shadow_overseer_id: OverseerId,
    /// RFC 3339, UTC.
    expires_at: String,
}

/// Where a shadow claim stands.
#[derive(Serialize, JsonSchema)]
pub struct ShadowClaimStatus {
    /// `initiated`, `awaiting-payment` once the agent has agreed, `completed` or `expired`.
    status: &'static str,
    agent_id: AgentId,
    shadow_overseer_id: OverseerId,
    /// Until when it can be agreed to and paid, RFC 3339, UTC.
    expires_at: String,
}

/// Where to pay.
#[derive(Serialize, JsonSchema)]
pub struct Payment {
    /// At Paddle.
    pub checkout_url: String,
    /// Paddle's.
    transaction_id: String,
}

/// `POST /v1/agents/malice/{agent_id}`
pub async fn initiate(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    At(AgentPath { agent_id }): At<AgentPath>,
) -> Result<Json<Initiated>, Refusal> {
    app.rate_limits.claims.check(&address)?;
    let (challenge, shadow_overseer_id) = begin(&app, agent_id).await?;
    Ok(Json(Initiated {
        challenge_url: format!("{}/v1/agents/claim/complete/{}", app.issuer, challenge.id),
        expires_at: rfc3339(challenge.expires_at),
        challenge_id: challenge.id,
        shadow_overseer_id,
    }))
}

/// Begins a shadow claim.
pub async fn begin(app: &App, agent_id: AgentId) -> Result<(Challenge, OverseerId), Refusal> {
    let (is_offered, server) = (offered(app).map(|_| ()), app.claims());
    let initiate = app.db.write(move |tx| {
        must_be_there(tx, &agent_id)?;
        is_offered.clone()?;
        shadow_claims::initiate(tx, &agent_id, &server)
    });
    initiate.await
}

/// `GET /v1/agents/malice/status/{challenge_id}`
pub async fn status(
    State(app): State<App>,
    At(ChallengePath { challenge_id }): At<ChallengePath>,
) -> Result<Json<ShadowClaimStatus>, Refusal> {
    let now = app.clock.now();
    let standing = app.db.read(move |tx| shadow_claims::standing(tx, &challenge_id, now)).await?;
    Ok(Json(ShadowClaimStatus {
        status: standing.status.as_str(),
        agent_id: standing.agent_id,
        shadow_overseer_id: standing.overseer_id,
        expires_at: rfc3339(standing.expires_at),
    }))
}

/// `POST /v1/agents/malice/checkout/{challenge_id}`
pub async fn checkout(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    At(ChallengePath { challenge_id }): At<ChallengePath>,
) -> Result<Json<Payment>, Refusal> {
    app.rate_limits.claims.check(&address)?;
    Ok(Json(pay(&app, challenge_id).await?))
}

/// Where a claim is paid. Asked again, it is the same payment: nobody is sent to two.
pub async fn pay(app: &App, challenge_id: ChallengeId) -> Result<Payment, Refusal> {
    let now = app.clock.now();
    let standing = app.db.read(move |tx| shadow_claims::payable(tx, &challenge_id, now)).await?;
    let checkout = match standing.checkout {
        Some(begun) => begun,
        None => {
            let begun = begin_payment(app, &standing).await?;
            app.db.write(move |tx| shadow_claims::keep(tx, &begun, &standing)).await?
        }
    };
    Ok(Payment { checkout_url: checkout.url.ok_or(Code::Conflict)?, transaction_id: checkout.transaction_id })
}

async fn begin_payment(app: &App, claim: &Standing) -> Result<Checkout, Refusal> {
    let (paddle, price) = offered(app)?;
    // A price that is paid again and again would go on being paid, and do nothing.
    if app.shadow_price.of(paddle, price, &app.clock).await.is_none() {
        return Err(Code::PaddleFailed.into());
    }
    let begun = paddle.begin_payment(price, None, claim.overseer_id.as_str()).await.map_err(refused)?;
    let (url, payer) = (address_of(&begun)?, claim.overseer_id.clone());
    Ok(Checkout {
        agent_id: Some(claim.agent_id.clone()),
        challenge_id: Some(claim.id.clone()),
        ..Checkout::begun(begun.id, url, payer, tiers::SHADOW.to_owned(), app.clock.now())
    })
}

/// `POST /v1/agents/malice/cancel/{challenge_id}`
pub async fn cancel(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    At(ChallengePath { challenge_id }): At<ChallengePath>,
) -> Result<Json<Done>, Refusal> {
    app.rate_limits.claims.check(&address)?;
    let now = app.clock.now();
    app.db.write(move |tx| shadow_claims::cancel(tx, &challenge_id, now)).await?;
    Ok(Done::json())
}

/// Whom to ask, and what for.
pub fn offered(app: &App) -> Result<(&Paddle, &str), Refusal> {
    let not_offered = || Code::NoBilling.because(NOT_OFFERED);
    app.paddle.as_ref().zip(app.config.paddle.shadow_price()).ok_or_else(not_offered)
}
