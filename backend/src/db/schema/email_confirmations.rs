//! `email_confirmations`: links that show that an overseer reads what is sent to an address.

use crate::db::{Error, Tx, params};
use crate::id::OverseerId;

super::row! {
    /// A link that was not used yet.
    EmailConfirmation of "email_confirmations" {
        /// SHA-256 of the token, base64url.
        id: String,
        /// Whose address it is to be.
        overseer_id: OverseerId,
        /// Lower-cased.
        email: String,
        /// Unix seconds.
        created_at: i64,
        /// Unix seconds.
        expires_at: i64,
    }
}

/// The link with this id, if it has not expired.
pub fn find(tx: &mut Tx<'_>, id: &str, now: i64) -> Result<Option<EmailConfirmation>, Error> {
    EmailConfirmation::one(tx, "WHERE id = $1 AND expires_at > $2", params![id, now])
}

/// Stores a link.
pub fn insert(tx: &mut Tx<'_>, link: &EmailConfirmation) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO email_confirmations (id, overseer_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        params![&link.id, &link.overseer_id, &link.email, link.created_at, link.expires_at],
    )?;
    Ok(())
}

/// Uses a link up. False when it was used before: of several that come at once, one gets true.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM email_confirmations WHERE id = $1", params![id])? == 1)
}

/// Takes back all links of an overseer.
pub fn delete_of(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<(), Error> {
    tx.execute("DELETE FROM email_confirmations WHERE overseer_id = $1", params![overseer_id])?;
    Ok(())
}

/// Deletes a batch of expired links; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM email_confirmations
               WHERE id IN (SELECT id FROM email_confirmations WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![now, limit])
}
