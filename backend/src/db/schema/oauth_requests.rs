//! `oauth_requests`: the history that an agent and its overseer see.

use super::authorization_days;
use crate::db::{Error, Tx, params};
use crate::id::{AgentId, RequestId};

super::row! {
    /// One request and its outcome.
    OauthRequest of "oauth_requests" {
        /// UUIDv7, so that the newest has the greatest.
        id: String,
        /// The agent.
        agent_id: AgentId,
        /// The client that asked, perhaps deleted since; the agent's own id for its own tokens.
        client_id: String,
        /// Space-separated.
        scopes: String,
        /// `approved`, `denied`, `blocked`, `limited` or `stopped`.
        status: String,
        /// Unix seconds.
        created_at: i64,
        /// For which API, when one was named.
        resource: Option<String>,
    }
}

/// What can come of a request.
pub const OUTCOMES: [&str; 5] = ["approved", "denied", "blocked", "limited", "stopped"];

/// Which requests are asked for; what is `None` does not matter.
#[derive(Clone, Default)]
pub struct Filter {
    /// With this outcome.
    pub status: Option<String>,
    /// By this client.
    pub client_id: Option<String>,
}

impl Filter {
    /// Whether all pass.
    pub fn is_empty(&self) -> bool {
        self.status.is_none() && self.client_id.is_none()
    }

    /// Whether this one does.
    pub fn passes(&self, request: &OauthRequest) -> bool {
        self.status.as_ref().is_none_or(|status| *status == request.status)
            && self.client_id.as_ref().is_none_or(|client_id| *client_id == request.client_id)
    }
}

/// When the agent was last asked for, Unix seconds.
pub fn latest(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Option<i64>, Error> {
    let sql = "SELECT created_at FROM oauth_requests WHERE agent_id = $1 ORDER BY id DESC LIMIT 1";
    tx.query_opt(sql, params![agent_id])?.map(|row| row.get(0)).transpose()
}

/// Up to `limit` requests of the agent, newest first, older than the request `before`.
pub fn page(
    tx: &mut Tx<'_>,
    agent_id: &AgentId,
    before: Option<&RequestId>,
    limit: i64,
) -> Result<Vec<OauthRequest>, Error> {
    match before {
        None => OauthRequest::all(tx, "WHERE agent_id = $1 ORDER BY id DESC LIMIT $2", params![agent_id, limit]),
        Some(before) => {
            let clause = "WHERE agent_id = $1 AND id < $3 ORDER BY id DESC LIMIT $2";
            OauthRequest::all(tx, clause, params![agent_id, limit, before])
        }
    }
}

/// Records a request and counts it, unless `once_a_day` stands there already; without one, each request stands for itself.
pub fn insert(tx: &mut Tx<'_>, request: &OauthRequest, once_a_day: Option<&str>) -> Result<(), Error> {
    let rows = tx.execute(
        "INSERT INTO oauth_requests (id, agent_id, client_id, scopes, status, created_at, resource, once_a_day)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (once_a_day) DO NOTHING",
        params![
            &request.id,
            &request.agent_id,
            &request.client_id,
            &request.scopes,
            &request.status,
            request.created_at,
            request.resource.as_deref(),
            once_a_day
        ],
    )?;
    if rows == 1 {
        authorization_days::count(tx, request)?;
    }
    Ok(())
}

/// Deletes a batch of requests older than `before`; how many it was.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM oauth_requests
               WHERE id IN (SELECT id FROM oauth_requests WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
    tx.execute(sql, params![before, limit])
}
