//! `sessions`: logged-in agents and overseers.

use crate::db::{Error, Tx, params};

super::row! {
    /// A session; its holder has the token whose hash is the id.
    Session of "sessions" {
        /// SHA-256 of the token, base64url.
        id: String,
        /// `agent` or `overseer`.
        entity_type: String,
        /// Whose it is.
        entity_id: String,
        /// Unix seconds.
        expires_at: i64,
        /// Unix seconds.
        created_at: i64,
        /// It is in a browser's cookie.
        browser: bool,
        /// Where the holder signed in from; of an overseer's.
        address: Option<String>,
        /// What the browser or program said of itself; of an overseer's.
        user_agent: Option<String>,
    }
}

/// The session with this id, of a browser or not, if it has not expired.
pub fn find(tx: &mut Tx<'_>, id: &str, browser: bool, now: i64) -> Result<Option<Session>, Error> {
    Session::one(tx, "WHERE id = $1 AND browser = $2 AND expires_at > $3", params![id, browser, now])
}

/// The live sessions of an agent or overseer, the latest first.
pub fn of(tx: &mut Tx<'_>, entity_type: &str, entity_id: &str, now: i64) -> Result<Vec<Session>, Error> {
    let clause = "WHERE entity_type = $1 AND entity_id = $2 AND expires_at > $3 ORDER BY created_at DESC, id";
    Session::all(tx, clause, params![entity_type, entity_id, now])
}

/// When an agent or overseer last began one that is not purged yet, Unix seconds.
pub fn latest(tx: &mut Tx<'_>, entity_type: &str, entity_id: &str) -> Result<Option<i64>, Error> {
    // Of many that were begun one is as good as another: whoever makes them must not make this slow.
    let sql = "SELECT MAX(created_at) FROM (SELECT created_at FROM sessions WHERE entity_type = $1 AND entity_id = $2
                                            LIMIT 1000) looked_at";
    tx.query_one(sql, params![entity_type, entity_id])?.get(0)
}

/// Stores a session.
pub fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sessions (id, entity_type, entity_id, expires_at, created_at, browser, address, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            &session.id,
            &session.entity_type,
            &session.entity_id,
            session.expires_at,
            session.created_at,
            session.browser,
            session.address.as_deref(),
            session.user_agent.as_deref()
        ],
    )?;
    Ok(())
}

/// Moves the expiry of a session that is in use.
pub fn extend(tx: &mut Tx<'_>, id: &str, expires_at: i64) -> Result<(), Error> {
    tx.execute("UPDATE sessions SET expires_at = $2 WHERE id = $1", params![id, expires_at])?;
    Ok(())
}

/// Ends one session.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM sessions WHERE id = $1", params![id])?;
    Ok(())
}

/// Ends one session, if it is a browser's: see `identity::sessions::end_in_browser`.
pub fn delete_of_browser(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM sessions WHERE id = $1 AND browser = TRUE", params![id])?;
    Ok(())
}

/// Ends all sessions of an agent or overseer; how many were live.
pub fn delete_of(tx: &mut Tx<'_>, entity_type: &str, entity_id: &str, now: i64) -> Result<i64, Error> {
    let live = "SELECT COUNT(*) FROM sessions WHERE entity_type = $1 AND entity_id = $2 AND expires_at > $3";
    let live = tx.query_one(live, params![entity_type, entity_id, now])?.get(0)?;
    tx.execute("DELETE FROM sessions WHERE entity_type = $1 AND entity_id = $2", params![entity_type, entity_id])?;
    Ok(live)
}

/// Deletes a batch of expired sessions; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM sessions
               WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![now, limit])
}
