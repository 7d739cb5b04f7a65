//! `/v1/agents/register`: an agent comes to be.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::app::App;
use crate::crypto::key_input::KeyInput;
use crate::db::schema::challenges::Challenge;
use crate::http::api::view::{AgentSession, AgentView, ChallengePath, ChallengeView};
use crate::http::error::Created;
use crate::http::extract::{At, ClientAddress, JsonBody};
use crate::id::{AgentId, ChallengeId};
use crate::identity::challenges::{self, Purpose};
use crate::identity::fields::{Description, Name};
use crate::identity::registration::{self, Request};
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// What an agent asks to be.
#[derive(Deserialize, JsonSchema)]
pub struct Initiate {
    /// 1 to 100 characters, any script.
    name: String,
    /// The key that it will be.
    public_key: KeyInput,
    /// At most 500 characters.
    description: Option<String>,
}

/// The answer to a challenge.
#[derive(Deserialize, JsonSchema)]
pub struct Answer {
    /// Ed25519 over the bytes of `challenge_data`, base64url.
    pub signature: String,
}

/// `POST /v1/agents/register/initiate`
pub async fn initiate(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    JsonBody(body): JsonBody<Initiate>,
) -> Result<Json<ChallengeView>, Refusal> {
    app.rate_limits.registrations.check(&address)?;
    let public_key = body.public_key.key().map_err(|error| Code::InvalidKey.because(error.to_string()))?;
    let description = body.description.as_deref().map(Description::parse).transpose()?.flatten();
    let request = Request { name: Name::parse(&body.name)?, description, public_key };
    let challenge = registration::challenge(request, &app.issuer, &app.clock, app.random);
    let stored = challenge.clone();
    app.db.write(move |tx| registration::initiate(tx, &stored, &public_key)).await?;
    Ok(Json(ChallengeView::of(challenge)))
}

/// `POST /v1/agents/register/complete/{challenge_id}`
pub async fn complete(
    State(app): State<App>,
    At(ChallengePath { challenge_id }): At<ChallengePath>,
    JsonBody(body): JsonBody<Answer>,
) -> Result<Created<AgentSession>, Refusal> {
    let challenge = find(&app, challenge_id, Purpose::Register).await?;
    let now = app.clock.now();
    let id = AgentId::new(&app.clock, app.random);
    let agent = registration::agent_of(&challenge, &body.signature, id, now)?;
    let session = PlainToken::generate(app.random);
    let session_id = session.expose().to_owned();
    let view = AgentView::with_overseer(&agent, None);
    app.db.write(move |tx| registration::complete(tx, &challenge, &agent, &session, now)).await?;
    Ok(Created(AgentSession::new(view, session_id)))
}

/// The challenge, pending or not: its text never changes, so it may be read before it is answered.
pub async fn find(app: &App, id: ChallengeId, purpose: Purpose) -> Result<Challenge, Refusal> {
    let challenge = app.db.read(move |tx| challenges::find(tx, &id, purpose)).await?;
    challenge.ok_or_else(|| Code::ChallengeNotFound.into())
}
