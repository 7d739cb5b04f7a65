//! `logout_notices`: which clients are still to be told that an agent is signed out, and `session_clients`, from which that
//! follows when a browser signs out.

use crate::db::{Error, Tx, Value, params};
use crate::id::{AgentId, ClientId};

super::row! {
    /// A client that is to be told.
    LogoutNotice of "logout_notices" {
        /// Whom to tell.
        client_id: ClientId,
        /// Who is signed out.
        agent_id: AgentId,
        /// How often it was tried.
        attempts: i64,
        /// When it is tried, or tried again, Unix seconds.
        due_at: i64,
        /// When the agent was signed out, Unix seconds.
        created_at: i64,
    }
}

/// Remembers that a browser's session has led to this agent's sign-in at a client that is told of its end.
pub fn note_session(tx: &mut Tx<'_>, session_id: &str, client_id: &ClientId, agent_id: &AgentId) -> Result<(), Error> {
    let sql =
        "INSERT INTO session_clients (session_id, client_id, agent_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    tx.execute(sql, params![session_id, client_id, agent_id])?;
    Ok(())
}

/// What a session has led to, another one has from now on.
pub fn move_session(tx: &mut Tx<'_>, from: &str, to: &str) -> Result<(), Error> {
    tx.execute("UPDATE session_clients SET session_id = $2 WHERE session_id = $1", params![from, to])?;
    Ok(())
}

/// Every client that a browser's session has led to is to be told. Before the session is deleted.
pub fn of_session(tx: &mut Tx<'_>, session_id: &str, now: i64) -> Result<(), Error> {
    store(tx, "session_clients", "s.session_id = $2", params![now, session_id])
}

/// Every client that the agent has ever allowed is to be told.
pub fn of_agent(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<(), Error> {
    store(tx, "consents", "s.agent_id = $2", params![now, agent_id])
}

/// This client is to be told, if the agent has allowed it. Before the consent is deleted.
pub fn of_pair(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &str, now: i64) -> Result<(), Error> {
    store(tx, "consents", "s.agent_id = $2 AND s.client_id = $3", params![now, agent_id, client_id])
}

/// Stores a notice for each pair that a table has, if the client wants to be told; `$1` is the time. One that waits already is
/// sent as if it were new.
fn store(tx: &mut Tx<'_>, table: &str, condition: &str, values: &[Value<'_>]) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO logout_notices (client_id, agent_id, attempts, due_at, created_at)
         SELECT s.client_id, s.agent_id, 0, $1, $1 FROM {table} s
         JOIN oauth_clients c ON c.id = s.client_id
         WHERE {condition} AND c.backchannel_logout_uri IS NOT NULL
         ON CONFLICT (client_id, agent_id)
         DO UPDATE SET attempts = 0, due_at = excluded.due_at, created_at = excluded.created_at"
    );
    tx.execute(&sql, values)?;
    Ok(())
}

/// Up to `most` notices that are due, the oldest first, and of the clients of one owner `of_one_owner`.
pub fn due(tx: &mut Tx<'_>, now: i64, most: i64, of_one_owner: i64) -> Result<Vec<LogoutNotice>, Error> {
    let clause = "WHERE (client_id, agent_id) IN
                      (SELECT client_id, agent_id FROM
                          (SELECT n.client_id, n.agent_id,
                                  ROW_NUMBER() OVER (PARTITION BY c.owner_id ORDER BY n.due_at) AS place
                           FROM logout_notices n JOIN oauth_clients c ON c.id = n.client_id
                           WHERE n.due_at <= $1) ranked
                       WHERE place <= $3)
                  ORDER BY due_at, client_id, agent_id LIMIT $2";
    LogoutNotice::all(tx, clause, params![now, most, of_one_owner])
}

/// Takes a notice on, to be tried again at `next`. False when it has changed meanwhile: of several nodes one gets true.
pub fn take(tx: &mut Tx<'_>, notice: &LogoutNotice, next: i64) -> Result<bool, Error> {
    let sql = "UPDATE logout_notices SET attempts = attempts + 1, due_at = $5
               WHERE client_id = $1 AND agent_id = $2 AND attempts = $3 AND due_at = $4";
    let values = params![&notice.client_id, &notice.agent_id, notice.attempts, notice.due_at, next];
    Ok(tx.execute(sql, values)? == 1)
}

/// The client was told, or will not be. A sign-out that came meanwhile stays.
pub fn done(tx: &mut Tx<'_>, notice: &LogoutNotice) -> Result<(), Error> {
    let sql = "DELETE FROM logout_notices WHERE client_id = $1 AND agent_id = $2 AND created_at = $3 AND attempts = $4";
    tx.execute(sql, params![&notice.client_id, &notice.agent_id, notice.created_at, notice.attempts + 1])?;
    Ok(())
}
