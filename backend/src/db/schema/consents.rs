//! `consents`: what an agent has allowed a client, until withdrawn.

use crate::db::{Error, Tx, params};
use crate::id::{AgentId, ClientId};

super::row! {
    /// A client that an agent has authorized.
    Consent of "consents" {
        /// The agent.
        agent_id: AgentId,
        /// The client.
        client_id: ClientId,
        /// All that was ever allowed, space-separated.
        scopes: String,
        /// Unix seconds.
        created_at: i64,
        /// When it last authorized, Unix seconds.
        updated_at: i64,
        /// All APIs that were ever allowed, space-separated.
        resources: String,
    }
}

/// The consent of one agent for one client.
pub fn find(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &ClientId) -> Result<Option<Consent>, Error> {
    Consent::one(tx, "WHERE agent_id = $1 AND client_id = $2", params![agent_id, client_id])
}

/// All consents of an agent, by client.
pub fn of_agent(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Vec<Consent>, Error> {
    Consent::all(tx, "WHERE agent_id = $1 ORDER BY client_id", params![agent_id])
}

/// Records a consent, in the place of the one before.
pub fn put(tx: &mut Tx<'_>, consent: &Consent) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO consents (agent_id, client_id, scopes, created_at, updated_at, resources)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (agent_id, client_id) DO UPDATE
         SET scopes = excluded.scopes, updated_at = excluded.updated_at, resources = excluded.resources",
        params![
            &consent.agent_id,
            &consent.client_id,
            &consent.scopes,
            consent.created_at,
            consent.updated_at,
            &consent.resources
        ],
    )?;
    Ok(())
}

/// Withdraws it. False when there is none.
pub fn delete(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &ClientId) -> Result<bool, Error> {
    let sql = "DELETE FROM consents WHERE agent_id = $1 AND client_id = $2";
    Ok(tx.execute(sql, params![agent_id, client_id])? == 1)
}
