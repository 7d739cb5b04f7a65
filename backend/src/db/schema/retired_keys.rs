//! `retired_keys`: keys that agents have rotated away from. They never come back.

use crate::crypto::ed25519::PublicKey;
use crate::db::{Error, Tx, params};
use crate::id::AgentId;

/// Remembers a key for good.
pub fn insert(tx: &mut Tx<'_>, key: &PublicKey, agent_id: &AgentId, now: i64) -> Result<(), Error> {
    let key = key.to_base64url();
    let sql = "INSERT INTO retired_keys (public_key, agent_id, retired_at) VALUES ($1, $2, $3)";
    tx.execute(sql, params![&key, agent_id, now])?;
    Ok(())
}

/// When the agent last changed its key, Unix seconds.
pub fn latest(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Option<i64>, Error> {
    let sql = "SELECT MAX(retired_at) FROM retired_keys WHERE agent_id = $1";
    tx.query_one(sql, params![agent_id])?.get(0)
}
