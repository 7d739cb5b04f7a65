//! `revoked_tokens`: tokens revoked before their expiry. Rows enter through `access_tokens`.

use crate::db::{Error, Tx, params};

super::row! {
    /// A token that was revoked.
    RevokedToken of "revoked_tokens" {
        /// The token's.
        jti: String,
        /// When it would have expired anyway, Unix seconds.
        expires_at: i64,
        /// When it was revoked, Unix seconds.
        created_at: i64,
    }
}

/// Up to `limit` tokens that were revoked at `since` or later and have not expired, oldest first.
pub fn since(tx: &mut Tx<'_>, since: i64, now: i64, limit: i64) -> Result<Vec<RevokedToken>, Error> {
    let clause = "WHERE created_at >= $1 AND expires_at > $2 ORDER BY created_at, jti LIMIT $3";
    RevokedToken::all(tx, clause, params![since, now, limit])
}

/// All that were revoked in one second and have not expired.
pub fn of_second(tx: &mut Tx<'_>, second: i64, now: i64) -> Result<Vec<RevokedToken>, Error> {
    RevokedToken::all(tx, "WHERE created_at = $1 AND expires_at > $2 ORDER BY jti", params![second, now])
}

/// Deletes a batch of entries whose tokens have expired by themselves; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM revoked_tokens
               WHERE id IN (SELECT id FROM revoked_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![now, limit])
}
