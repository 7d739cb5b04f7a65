//! `authorization_codes`: codes bound to their PKCE challenges.

use crate::db::{Error, Tx, params};
use crate::id::AgentId;

/// Ends the agent's unredeemed codes; how many were live.
pub fn end_of_agent(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<i64, Error> {
    let sql = "UPDATE authorization_codes SET used = TRUE WHERE agent_id = $1 AND used = FALSE AND expires_at > $2";
    Ok(i64::try_from(tx.execute(sql, params![agent_id, now])?).unwrap_or(i64::MAX))
}

/// Ends the unredeemed codes of one client for one agent.
pub fn end_of_pair(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &str, now: i64) -> Result<(), Error> {
    let sql = "UPDATE authorization_codes SET used = TRUE
               WHERE agent_id = $1 AND client_id = $2 AND used = FALSE AND expires_at > $3";
    tx.execute(sql, params![agent_id, client_id, now])?;
    Ok(())
}

/// Deletes the codes of the clients that an agent owns: the clients go, and no foreign key reaches them.
pub fn delete_of_owner(tx: &mut Tx<'_>, owner_id: &AgentId) -> Result<(), Error> {
    let sql = "DELETE FROM authorization_codes WHERE client_id IN
               (SELECT id FROM oauth_clients WHERE owner_type = 'agent' AND owner_id = $1)";
    tx.execute(sql, params![owner_id])?;
    Ok(())
}

/// Deletes a batch of expired codes; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM authorization_codes WHERE id IN
               (SELECT id FROM authorization_codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![now, super::BATCH])
}
