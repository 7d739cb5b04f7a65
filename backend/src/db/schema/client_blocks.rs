//! `client_blocks`: clients that an overseer forbids for one agent.

use crate::db::{Error, Tx, params};
use crate::id::{AgentId, ClientId, OverseerId};

super::row! {
    /// A client forbidden for an agent.
    ClientBlock of "client_blocks" {
        /// UUIDv7.
        id: String,
        /// The agent.
        agent_id: AgentId,
        /// Who forbade it.
        overseer_id: OverseerId,
        /// The client.
        client_id: ClientId,
        /// Unix seconds.
        created_at: i64,
    }
}

/// Blocks the client; a second block of the same pair changes nothing.
pub fn insert(tx: &mut Tx<'_>, block: &ClientBlock) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO client_blocks (id, agent_id, overseer_id, client_id, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (agent_id, client_id) DO NOTHING",
        params![&block.id, &block.agent_id, &block.overseer_id, &block.client_id, block.created_at],
    )?;
    Ok(())
}

/// Whether the client is blocked for the agent.
pub fn exists(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &str) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM client_blocks WHERE agent_id = $1 AND client_id = $2)";
    tx.query_one(sql, params![agent_id, client_id])?.get(0)
}

/// What is blocked for the agent, oldest first.
pub fn of_agent(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Vec<ClientBlock>, Error> {
    ClientBlock::all(tx, "WHERE agent_id = $1 ORDER BY id", params![agent_id])
}

/// The same with the clients' names; one that was deleted has none any more.
pub fn of_agent_with_names(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Vec<(ClientId, Option<String>)>, Error> {
    let sql = "SELECT b.client_id, (SELECT c.name FROM oauth_clients c WHERE c.id = b.client_id)
               FROM client_blocks b WHERE b.agent_id = $1 ORDER BY b.id";
    tx.query_all(sql, params![agent_id])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Lifts a block. False when there is none.
pub fn delete(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &ClientId) -> Result<bool, Error> {
    let sql = "DELETE FROM client_blocks WHERE agent_id = $1 AND client_id = $2";
    Ok(tx.execute(sql, params![agent_id, client_id])? == 1)
}

/// Lifts what this overseer blocked for the agent: they let it go.
pub fn delete_of_overseer(tx: &mut Tx<'_>, agent_id: &AgentId, overseer_id: &OverseerId) -> Result<(), Error> {
    let sql = "DELETE FROM client_blocks WHERE agent_id = $1 AND overseer_id = $2";
    tx.execute(sql, params![agent_id, overseer_id])?;
    Ok(())
}

/// Lifts what others than this overseer blocked for the agent: it has a new overseer.
pub fn delete_of_others(tx: &mut Tx<'_>, agent_id: &AgentId, overseer_id: &OverseerId) -> Result<(), Error> {
    let sql = "DELETE FROM client_blocks WHERE agent_id = $1 AND overseer_id <> $2";
    tx.execute(sql, params![agent_id, overseer_id])?;
    Ok(())
}
