//! `pushed_requests`: authorization requests that clients have pushed (RFC 9126). Each is used once.

use crate::db::{Error, Tx, params};
use crate::id::ClientId;

super::row! {
    /// A pushed request.
    PushedRequest of "pushed_requests" {
        /// SHA-256 of the reference, base64url.
        id: String,
        /// Who pushed it.
        client_id: ClientId,
        /// The parameters, form-encoded.
        request: String,
        /// It has led to a code, or was declined.
        used: bool,
        /// Unix seconds.
        created_at: i64,
        /// Until when it can be begun with, Unix seconds.
        expires_at: i64,
    }
}

/// The request with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<PushedRequest>, Error> {
    PushedRequest::one(tx, "WHERE id = $1", params![id])
}

/// Stores a new one.
pub fn insert(tx: &mut Tx<'_>, pushed: &PushedRequest) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO pushed_requests (id, client_id, request, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        params![&pushed.id, &pushed.client_id, &pushed.request, pushed.created_at, pushed.expires_at],
    )?;
    Ok(())
}

/// Uses it. False when it was used before: exactly one caller gets true.
pub fn spend(tx: &mut Tx<'_>, id: &str) -> Result<bool, Error> {
    let sql = "UPDATE pushed_requests SET used = TRUE WHERE id = $1 AND used = FALSE";
    Ok(tx.execute(sql, params![id])? == 1)
}

/// Deletes a batch of those that expired before; how many it was.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM pushed_requests
               WHERE id IN (SELECT id FROM pushed_requests WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![before, limit])
}
