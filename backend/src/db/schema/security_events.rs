//! `security_events`: the security logs of overseers.

use crate::db::{Error, Tx, params};
use crate::id::{EventId, OverseerId};

super::row! {
    /// A line of a log.
    SecurityEvent of "security_events" {
        /// UUIDv7, so that the newest has the greatest.
        id: String,
        /// In whose log it stands.
        overseer_id: OverseerId,
        /// What happened: see `identity::security_log::Kind`.
        kind: String,
        /// About which agent, perhaps deleted since.
        agent_id: Option<String>,
        /// About which client, perhaps deleted since.
        client_id: Option<String>,
        /// Where the call came from; `None`: the operator's command line.
        address: Option<String>,
        /// The part of it that one customer of a network holds.
        network: Option<String>,
        /// What the caller said of itself.
        user_agent: Option<String>,
        /// Unix seconds.
        created_at: i64,
    }
}

/// Writes a line, unless the overseer has no account: a log is for whoever can read it.
pub fn insert(tx: &mut Tx<'_>, event: &SecurityEvent) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO security_events (id, overseer_id, kind, agent_id, client_id, address, network, user_agent, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE EXISTS (SELECT 1 FROM overseers WHERE id = $2)",
        params![
            &event.id,
            &event.overseer_id,
            &event.kind,
            event.agent_id.as_deref(),
            event.client_id.as_deref(),
            event.address.as_deref(),
            event.network.as_deref(),
            event.user_agent.as_deref(),
            event.created_at
        ],
    )?;
    Ok(())
}

/// Up to `limit` lines of one log, newest first, older than the line `before`.
pub fn page(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    before: Option<&EventId>,
    limit: i64,
) -> Result<Vec<SecurityEvent>, Error> {
    match before {
        None => {
            let clause = "WHERE overseer_id = $1 ORDER BY id DESC LIMIT $2";
            SecurityEvent::all(tx, clause, params![overseer_id, limit])
        }
        Some(before) => {
            let clause = "WHERE overseer_id = $1 AND id < $3 ORDER BY id DESC LIMIT $2";
            SecurityEvent::all(tx, clause, params![overseer_id, limit, before])
        }
    }
}

/// Whether a line of this kind came from this network.
pub fn is_known(tx: &mut Tx<'_>, overseer_id: &OverseerId, kind: &str, network: &str) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM security_events
                              WHERE overseer_id = $1 AND kind = $2 AND network = $3)";
    tx.query_one(sql, params![overseer_id, kind, network])?.get(0)
}

/// Deletes a batch of lines older than `before`; how many it was.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM security_events
               WHERE id IN (SELECT id FROM security_events WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
    tx.execute(sql, params![before, limit])
}
