//! `spent_proofs`: assertions and proofs that were used. Each counts once, on every node and over a restart.

use crate::db::{Error, Tx, params};

/// Spends a proof. False when it was spent before: exactly one caller gets true.
pub fn spend(tx: &mut Tx<'_>, id: &str, expires_at: i64) -> Result<bool, Error> {
    let sql = "INSERT INTO spent_proofs (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    Ok(tx.execute(sql, params![id, expires_at])? == 1)
}

/// Deletes a batch of proofs that would be refused as too old anyway; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM spent_proofs
               WHERE id IN (SELECT id FROM spent_proofs WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![now, limit])
}
