//! What ends when an agent is stopped or changes its key: everything that was begun before.

use crate::db::schema::access_tokens::{self, Which};
use crate::db::schema::{authorization_codes, interactions, logout_notices, sessions};
use crate::db::{Error, Tx};
use crate::id::AgentId;
use crate::identity::challenges::{self, Purpose};

/// How many live things were ended.
#[derive(Clone, Copy, Default)]
pub struct Ended {
    /// The agent's own sessions.
    pub sessions: i64,
    /// Unredeemed authorization codes.
    pub codes: i64,
    /// Access tokens.
    pub access_tokens: i64,
    /// Refresh tokens.
    pub refresh_tokens: i64,
    /// The last expiry of a token that was live, Unix seconds.
    pub last_expiry: Option<i64>,
}

/// Ends the agent's sessions, its own pending challenges, codes and tokens. A claim that somebody else
/// began stays pending: it is not the agent's.
pub fn end_everything(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<Ended, Error> {
    logout_notices::of_agent(tx, agent_id, now)?;
    let tokens = access_tokens::revoke(tx, Which::OfAgent(agent_id), now)?;
    let codes = authorization_codes::end_of_agent(tx, agent_id, now)?;
    interactions::forget_signer(tx, agent_id)?;
    let sessions = sessions::delete_of(tx, "agent", agent_id.as_str(), now)?;
    challenges::end_pending(tx, agent_id.as_str(), Purpose::RotateKey)?;
    Ok(Ended {
        sessions,
        codes,
        access_tokens: tokens.access_tokens,
        refresh_tokens: tokens.refresh_tokens,
        last_expiry: tokens.last_expiry,
    })
}
