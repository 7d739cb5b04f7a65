//! `oauth_clients`: applications that recognise agents.

use crate::db::{Error, Tx, params};
use crate::id::{AgentId, ClientId};

/// Whether there is such a client.
pub fn exists(tx: &mut Tx<'_>, id: &ClientId) -> Result<bool, Error> {
    tx.query_one("SELECT EXISTS (SELECT 1 FROM oauth_clients WHERE id = $1)", params![id])?.get(0)
}

/// Deletes the clients that the agent owns; no foreign key reaches them.
pub fn delete_of_agent(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<(), Error> {
    tx.execute("DELETE FROM oauth_clients WHERE owner_type = 'agent' AND owner_id = $1", params![agent_id])?;
    Ok(())
}
