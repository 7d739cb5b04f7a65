//! How things look in JSON.

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::rfc3339;
use crate::db::schema::agents::Agent;
use crate::db::schema::challenges::Challenge;
use crate::db::schema::overseers::Overseer;
use crate::db::schema::oversights::{self, Oversight};
use crate::db::{Error, Tx};
use crate::id::{AgentId, ChallengeId, OverseerId};

/// An agent.
#[derive(Serialize, JsonSchema)]
pub struct AgentView {
    id: AgentId,
    name: String,
    /// Raw Ed25519, base64url without padding.
    public_key: String,
    description: Option<String>,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC.
    updated_at: String,
    /// Authorizations in the current period.
    oauth_count: i64,
    /// When the current period ends, RFC 3339, UTC.
    billing_period_end: String,
    /// Who answers for it.
    overseer_id: Option<OverseerId>,
    /// Since when it is stopped, RFC 3339, UTC.
    stopped_at: Option<String>,
}

impl AgentView {
    /// The agent, and who answers for it now.
    pub fn of(tx: &mut Tx<'_>, agent: &Agent) -> Result<Self, Error> {
        let oversight = oversights::active(tx, &agent.id)?;
        Ok(Self::with_overseer(agent, oversight.map(|oversight| oversight.overseer_id)))
    }

    /// The agent, when it is known who answers for it.
    pub fn with_overseer(agent: &Agent, overseer_id: Option<OverseerId>) -> Self {
        Self {
            id: agent.id.clone(),
            name: agent.name.clone(),
            public_key: agent.public_key.to_base64url(),
            description: agent.description.clone(),
            created_at: rfc3339(agent.created_at),
            updated_at: rfc3339(agent.updated_at),
            oauth_count: agent.oauth_count,
            billing_period_end: rfc3339(agent.billing_period_end),
            overseer_id,
            stopped_at: agent.stopped_at.map(rfc3339),
        }
    }
}

/// An overseer, as they see themselves.
#[derive(Serialize, JsonSchema)]
pub struct OverseerView {
    id: OverseerId,
    name: String,
    email: Option<String>,
    /// Whether a link that was sent to the address was followed.
    email_verified: bool,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC.
    updated_at: String,
}

impl OverseerView {
    /// The overseer.
    pub fn of(overseer: &Overseer) -> Self {
        Self {
            id: overseer.id.clone(),
            name: overseer.name.clone(),
            email: overseer.email.clone(),
            email_verified: overseer.email_verified_at.is_some(),
            created_at: rfc3339(overseer.created_at),
            updated_at: rfc3339(overseer.updated_at),
        }
    }
}

/// One overseer's answering for one agent.
#[derive(Serialize, JsonSchema)]
pub struct OversightView {
    id: String,
    overseer_id: OverseerId,
    agent_id: AgentId,
    active: bool,
    marked_for_cancellation: bool,
    /// RFC 3339, UTC.
    since: String,
}

impl OversightView {
    /// The oversight.
    pub fn of(oversight: &Oversight) -> Self {
        Self {
            id: oversight.id.clone(),
            overseer_id: oversight.overseer_id.clone(),
            agent_id: oversight.agent_id.clone(),
            active: oversight.active,
            marked_for_cancellation: oversight.marked_for_cancellation,
            since: rfc3339(oversight.updated_at),
        }
    }
}

/// A challenge to sign.
#[derive(Serialize, JsonSchema)]
pub struct ChallengeView {
    challenge_id: ChallengeId,
    /// RFC 3339, UTC.
    expires_at: String,
    /// The very text to sign: canonical JSON (RFC 8785).
    challenge_data: String,
}

impl ChallengeView {
    /// The challenge.
    pub fn of(challenge: Challenge) -> Self {
        Self {
            challenge_id: challenge.id,
            expires_at: rfc3339(challenge.expires_at),
            challenge_data: challenge.challenge_data,
        }
    }
}

/// An agent that has just logged in.
#[derive(Serialize, JsonSchema)]
pub struct AgentSession {
    success: bool,
    agent: AgentView,
    /// The session, for `Authorization: Bearer`.
    session_id: String,
    /// Seconds.
    expires_in: i64,
}

impl AgentSession {
    /// The agent and its session.
    pub fn new(agent: AgentView, session_id: String) -> Self {
        Self { success: true, agent, session_id, expires_in: crate::identity::sessions::AGENT_LIFETIME }
    }
}

/// It is done; there is nothing more to say.
#[derive(Serialize, JsonSchema)]
pub struct Done {
    success: bool,
}

impl Done {
    /// `{"success": true}`.
    pub fn json() -> axum::Json<Self> {
        axum::Json(Self { success: true })
    }
}

/// The agent that an address names.
#[derive(serde::Deserialize, JsonSchema)]
pub struct AgentPath {
    /// The agent.
    pub agent_id: AgentId,
}

/// The challenge that an address names.
#[derive(serde::Deserialize, JsonSchema)]
pub struct ChallengePath {
    /// The challenge.
    pub challenge_id: ChallengeId,
}
