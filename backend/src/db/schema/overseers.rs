//! `overseers`: the humans who answer for agents.

use crate::db::{Error, Tx, params};
use crate::id::{AgentId, OverseerId};

super::row! {
    /// A human's account.
    Overseer of "overseers" {
        /// UUIDv7.
        id: OverseerId,
        /// 1 to 100 characters.
        name: String,
        /// Lower-cased; `None` for a shadow overseer.
        email: Option<String>,
        /// Argon2id, PHC form; `None` for a shadow overseer.
        password_hash: Option<String>,
        /// Unix seconds.
        created_at: i64,
        /// Unix seconds.
        updated_at: i64,
        /// Since when it is known that they read what is sent to the address, Unix seconds.
        email_verified_at: Option<i64>,
        /// Of the period that was last looked at, Unix seconds; `None`: none was yet.
        billing_period_end: Option<i64>,
        /// What was paid for when it was last looked at.
        settled_price_id: Option<String>,
        /// Since when they have more than their tier allows, Unix seconds.
        over_limit_since: Option<i64>,
        /// They have chosen a smaller tier themselves.
        over_limit_agreed: bool,
    }
}

/// The overseer with this id.
pub fn find(tx: &mut Tx<'_>, id: &OverseerId) -> Result<Option<Overseer>, Error> {
    Overseer::one(tx, "WHERE id = $1", params![id])
}

/// The overseer with this lower-cased e-mail address.
pub fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Overseer>, Error> {
    Overseer::one(tx, "WHERE email = $1", params![email])
}

/// Whether it is known that the overseer reads what is sent to their address.
pub fn is_confirmed(tx: &mut Tx<'_>, id: &OverseerId) -> Result<bool, Error> {
    let sql = "SELECT COUNT(*) FROM overseers WHERE id = $1 AND email_verified_at IS NOT NULL";
    Ok(tx.query_one(sql, params![id])?.get::<i64>(0)? == 1)
}

/// How many answer for an agent and have not shown that they read what is sent to their address.
pub fn count_unconfirmed(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM overseers s WHERE s.email_verified_at IS NULL AND s.email IS NOT NULL
               AND EXISTS (SELECT 1 FROM oversights o WHERE o.overseer_id = s.id AND o.active = TRUE)";
    tx.query_one(sql, &[])?.get(0)
}

/// Overseers by id, for the operator's list; `after` is the last id of the page before.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Overseer>, Error> {
    Overseer::all(tx, "WHERE id > $1 ORDER BY id LIMIT $2", params![after, limit])
}

/// The same of those who have marked an agent or a client to go with the period.
pub fn list_with_marks(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Overseer>, Error> {
    let clause = "WHERE id > $1 AND id IN
                      (SELECT overseer_id FROM oversights WHERE active = TRUE AND marked_for_cancellation = TRUE
                       UNION
                       SELECT owner_id FROM oauth_clients WHERE owner_type = 'overseer' AND marked_for_cancellation = TRUE
                       UNION
                       SELECT o.overseer_id FROM oversights o JOIN oauth_clients c ON c.owner_type = 'agent' AND c.owner_id = o.agent_id
                       WHERE o.active = TRUE AND c.marked_for_cancellation = TRUE)
                  ORDER BY id LIMIT $2";
    Overseer::all(tx, clause, params![after, limit])
}

/// False when the e-mail address has an account; nothing is written then.
pub fn insert(tx: &mut Tx<'_>, overseer: &Overseer) -> Result<bool, Error> {
    let rows = tx.execute(
        "INSERT INTO overseers (id, name, email, password_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (email) DO NOTHING",
        params![
            &overseer.id,
            &overseer.name,
            overseer.email.as_deref(),
            overseer.password_hash.as_deref(),
            overseer.created_at
        ],
    )?;
    Ok(rows == 1)
}

/// Stores a shadow overseer, who has no account, unless they are there.
pub fn insert_shadow(tx: &mut Tx<'_>, id: &OverseerId, now: i64) -> Result<(), Error> {
    let sql = "INSERT INTO overseers (id, name, created_at, updated_at) VALUES ($1, 'Shadow overseer', $2, $2)
               ON CONFLICT (id) DO NOTHING";
    tx.execute(sql, params![id, now])?;
    Ok(())
}

/// Deletes the shadow overseers of an agent that goes.
pub fn delete_shadows_of(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<(), Error> {
    let sql = "DELETE FROM overseers
               WHERE email IS NULL AND id IN (SELECT overseer_id FROM oversights WHERE agent_id = $1)";
    tx.execute(sql, params![agent_id])?;
    Ok(())
}

/// Changes the name.
pub fn rename(tx: &mut Tx<'_>, id: &OverseerId, name: &str, now: i64) -> Result<(), Error> {
    tx.execute("UPDATE overseers SET name = $2, updated_at = $3 WHERE id = $1", params![id, name, now])?;
    Ok(())
}

/// Puts a new password in the place of the old one. False when the old one is no longer current.
pub fn replace_password(tx: &mut Tx<'_>, id: &OverseerId, old: &str, new: &str, now: i64) -> Result<bool, Error> {
    let sql = "UPDATE overseers SET password_hash = $3, updated_at = $4 WHERE id = $1 AND password_hash = $2";
    Ok(tx.execute(sql, params![id, old, new, now])? == 1)
}

/// Sets the password, whatever it was.
pub fn set_password(tx: &mut Tx<'_>, id: &OverseerId, hash: &str, now: i64) -> Result<(), Error> {
    let sql = "UPDATE overseers SET password_hash = $2, updated_at = $3 WHERE id = $1";
    tx.execute(sql, params![id, hash, now])?;
    Ok(())
}

/// Changes the e-mail address. False when it has another account; nothing is written then. `verified_at`: since when it is known
/// that they read what is sent to it.
pub fn set_email(
    tx: &mut Tx<'_>,
    id: &OverseerId,
    email: &str,
    verified_at: Option<i64>,
    now: i64,
) -> Result<bool, Error> {
    let sql = "UPDATE overseers SET email = $2, email_verified_at = $3, updated_at = $4
               WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM overseers WHERE email = $2 AND id <> $1)";
    Ok(tx.execute(sql, params![id, email, verified_at, now])? == 1)
}

/// Notes which period was looked at and what was paid for in it, and since when there is more than the tier allows, and whether
/// they chose so.
pub fn set_settled(
    tx: &mut Tx<'_>,
    id: &OverseerId,
    (billing_period_end, price_id): (i64, Option<&str>),
    (over_limit_since, agreed): (Option<i64>, bool),
) -> Result<(), Error> {
    let sql = "UPDATE overseers
               SET billing_period_end = $2, settled_price_id = $3, over_limit_since = $4, over_limit_agreed = $5
               WHERE id = $1";
    tx.execute(sql, params![id, billing_period_end, price_id, over_limit_since, agreed])?;
    Ok(())
}

/// Notes what an overseer pays for at Paddle, and as which customer. An id that is another overseer's stays theirs.
pub fn set_paddle_ids(
    tx: &mut Tx<'_>,
    id: &OverseerId,
    subscription_id: Option<&str>,
    customer_id: Option<&str>,
) -> Result<(), Error> {
    let sql = "UPDATE overseers SET
                   paddle_subscription_id = CASE WHEN EXISTS (SELECT 1 FROM overseers o
                       WHERE o.paddle_subscription_id = $2 AND o.id <> $1) THEN NULL ELSE $2 END,
                   paddle_customer_id = CASE WHEN EXISTS (SELECT 1 FROM overseers o
                       WHERE o.paddle_customer_id = $3 AND o.id <> $1) THEN NULL ELSE $3 END
               WHERE id = $1";
    tx.execute(sql, params![id, subscription_id, customer_id])?;
    Ok(())
}

/// Deletes the overseer and, by foreign keys, their blocks and their security log.
pub fn delete(tx: &mut Tx<'_>, id: &OverseerId) -> Result<(), Error> {
    tx.execute("DELETE FROM overseers WHERE id = $1", params![id])?;
    Ok(())
}

/// Locks the overseer's row until the transaction ends (on PostgreSQL; SQLite has one writer anyway), so
/// that what is counted next can not grow meanwhile. False when there is no such overseer.
pub fn lock(tx: &mut Tx<'_>, id: &OverseerId) -> Result<bool, Error> {
    Ok(tx.execute("UPDATE overseers SET updated_at = updated_at WHERE id = $1", params![id])? == 1)
}
