//! `/v1/oauth/sign-in/{challenge_id}`: an agent signs itself into the browser that shows the challenge.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::crypto::ed25519::Signature;
use crate::http::api::view::Done;
use crate::http::extract::{At, ClientAddress, JsonBody};
use crate::id::{AgentId, ChallengeId};
use crate::oauth::authorization::interaction;
use crate::refusal::{Code, Refusal};

/// Which challenge.
#[derive(Deserialize, JsonSchema)]
pub struct SignInPath {
    challenge_id: ChallengeId,
}

/// Which challenge, and who will sign it.
#[derive(Deserialize, JsonSchema)]
pub struct SignerPath {
    challenge_id: ChallengeId,
    agent_id: AgentId,
}

/// What to sign.
#[derive(Serialize, JsonSchema)]
pub struct SignInChallenge {
    challenge_id: ChallengeId,
    /// RFC 3339, UTC.
    expires_at: String,
    /// The very text to sign: canonical JSON that names the issuer, the client, where the browser goes back to, what is
    /// asked for, the code that the page shows, and the agent.
    challenge_data: String,
}

/// The agent's signature.
#[derive(Deserialize, JsonSchema)]
pub struct SignedChallenge {
    agent_id: AgentId,
    /// Ed25519 over the bytes of `challenge_data`, base64url.
    signature: String,
}

/// `GET /v1/oauth/sign-in/{challenge_id}/{agent_id}`
pub async fn challenge(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    At(path): At<SignerPath>,
) -> Result<Json<SignInChallenge>, Refusal> {
    app.rate_limits.claims.check(&address)?;
    let now = app.clock.now();
    let read = move |tx: &mut crate::db::Tx<'_>| interaction::text_to_sign(tx, &path.challenge_id, &path.agent_id, now);
    let (challenge, challenge_data) = app.db.read(read).await?;
    let expires_at = rfc3339(challenge.expires_at);
    Ok(Json(SignInChallenge { challenge_id: challenge.id, expires_at, challenge_data }))
}

/// `POST /v1/oauth/sign-in/{challenge_id}`
pub async fn sign(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    At(path): At<SignInPath>,
    JsonBody(body): JsonBody<SignedChallenge>,
) -> Result<Json<Done>, Refusal> {
    app.rate_limits.claims.check(&address)?;
    let signature = Signature::parse(&body.signature).ok_or(Code::InvalidSignature)?;
    let now = app.clock.now();
    app.db.write(move |tx| interaction::sign(tx, &path.challenge_id, &body.agent_id, &signature, now)).await?;
    Ok(Done::json())
}
