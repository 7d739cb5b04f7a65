//! `mails`: letters that wait to be sent.

use crate::db::{Error, Tx, params};
use crate::id::OverseerId;

super::row! {
    /// A letter that was not sent yet.
    Mail of "mails" {
        /// UUIDv7.
        id: String,
        /// What it says.
        letter: String,
        /// To which address.
        recipient: String,
        /// Whose a link in it is; `None`: whoever has the address.
        overseer_id: Option<OverseerId>,
        /// Where the call that asked for it came from.
        address: Option<String>,
        /// The part of it that one customer of a network holds.
        network: Option<String>,
        /// What that caller said of itself.
        user_agent: Option<String>,
        /// How often it was tried.
        attempts: i64,
        /// When it is tried, or tried again, Unix seconds.
        due_at: i64,
        /// Unix seconds.
        created_at: i64,
    }
}

/// Stores a letter, to be sent.
pub fn insert(tx: &mut Tx<'_>, mail: &Mail) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO mails
             (id, letter, recipient, overseer_id, address, network, user_agent, attempts, due_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            &mail.id,
            &mail.letter,
            &mail.recipient,
            mail.overseer_id.as_ref(),
            mail.address.as_deref(),
            mail.network.as_deref(),
            mail.user_agent.as_deref(),
            mail.attempts,
            mail.due_at,
            mail.created_at
        ],
    )?;
    Ok(())
}

/// Up to `most` letters of these kinds that are due, the oldest first. Others are a newer version's to send.
pub fn due(tx: &mut Tx<'_>, letters: &[&str], now: i64, most: i64) -> Result<Vec<Mail>, Error> {
    let letters: Vec<String> = letters.iter().map(|letter| format!("'{letter}'")).collect();
    let clause = format!("WHERE due_at <= $1 AND letter IN ({}) ORDER BY due_at, id LIMIT $2", letters.join(", "));
    Mail::all(tx, &clause, params![now, most])
}

/// Takes a letter on, to be tried again at `next`. False when another node has, or it is gone.
pub fn take(tx: &mut Tx<'_>, mail: &Mail, next: i64) -> Result<bool, Error> {
    let sql = "UPDATE mails SET attempts = attempts + 1, due_at = $4 WHERE id = $1 AND attempts = $2 AND due_at = $3";
    Ok(tx.execute(sql, params![&mail.id, mail.attempts, mail.due_at, next])? == 1)
}

/// The letter that was taken on is tried again then.
pub fn put_off(tx: &mut Tx<'_>, id: &str, due_at: i64) -> Result<(), Error> {
    tx.execute("UPDATE mails SET due_at = $2 WHERE id = $1", params![id, due_at])?;
    Ok(())
}

/// The letter was sent, or will not be.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM mails WHERE id = $1", params![id])?;
    Ok(())
}

/// Takes back the letters with a link of an overseer's.
pub fn delete_of(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<(), Error> {
    tx.execute("DELETE FROM mails WHERE overseer_id = $1", params![overseer_id])?;
    Ok(())
}

/// Takes back the letters of one kind to an address.
pub fn delete_to(tx: &mut Tx<'_>, letter: &str, recipient: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM mails WHERE letter = $1 AND recipient = $2", params![letter, recipient])?;
    Ok(())
}

/// Deletes a batch of letters that nobody has tried to send since `before`; how many it was.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE due_at < $1 ORDER BY due_at LIMIT $2)";
    tx.execute(sql, params![before, limit])
}
