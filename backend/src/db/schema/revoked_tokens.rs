//! `revoked_tokens`: tokens revoked before their expiry. Rows enter through `access_tokens`.

use crate::db::{Error, Tx, params};

/// Deletes a batch of entries whose tokens have expired by themselves; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM revoked_tokens
               WHERE id IN (SELECT id FROM revoked_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![now, super::BATCH])
}
