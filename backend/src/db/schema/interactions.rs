//! `interactions`: authorization requests that wait for somebody to sign in or to consent in a browser.

use crate::db::{Error, Tx, params};
use crate::id::{AgentId, InteractionId};

super::row! {
    /// A request that waits.
    Interaction of "interactions" {
        /// UUIDv7.
        id: InteractionId,
        /// SHA-256 of the cookie of the browser that brought it, base64url.
        browser: String,
        /// The parameters as sent, form-encoded.
        request: String,
        /// The session that somebody signed in with for it.
        session_id: Option<String>,
        /// The agent that the overseer picked.
        agent_id: Option<AgentId>,
        /// The agent that signed the challenge that the page shows.
        signer_id: Option<AgentId>,
        /// When it signed, Unix seconds.
        signed_at: Option<i64>,
        /// Unix seconds.
        created_at: i64,
        /// Unix seconds.
        expires_at: i64,
        /// The pushed request that it came from.
        pushed_request_id: Option<String>,
    }
}

/// The interaction with this id, if it has not expired.
pub fn find(tx: &mut Tx<'_>, id: &InteractionId, now: i64) -> Result<Option<Interaction>, Error> {
    Interaction::one(tx, "WHERE id = $1 AND expires_at > $2", params![id, now])
}

/// Stores a new one: nobody has signed in for it yet.
pub fn insert(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO interactions (id, browser, request, created_at, expires_at, pushed_request_id)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            &interaction.id,
            &interaction.browser,
            &interaction.request,
            interaction.created_at,
            interaction.expires_at,
            interaction.pushed_request_id.as_deref()
        ],
    )?;
    Ok(())
}

/// Notes the session that somebody has signed in with. What was picked or signed before is forgotten.
pub fn sign_in(tx: &mut Tx<'_>, id: &InteractionId, session_id: &str) -> Result<(), Error> {
    let sql = "UPDATE interactions SET session_id = $2, agent_id = NULL, signer_id = NULL, signed_at = NULL
               WHERE id = $1";
    tx.execute(sql, params![id, session_id])?;
    Ok(())
}

/// Notes the agent that the overseer picked.
pub fn pick(tx: &mut Tx<'_>, id: &InteractionId, agent_id: &AgentId) -> Result<(), Error> {
    tx.execute("UPDATE interactions SET agent_id = $2 WHERE id = $1", params![id, agent_id])?;
    Ok(())
}

/// Notes the agent that has signed the challenge. False when the interaction is over.
pub fn note_signer(tx: &mut Tx<'_>, id: &InteractionId, agent_id: &AgentId, now: i64) -> Result<bool, Error> {
    let sql = "UPDATE interactions SET signer_id = $2, signed_at = $3 WHERE id = $1 AND expires_at > $3";
    Ok(tx.execute(sql, params![id, agent_id, now])? == 1)
}

/// Takes an agent's signatures back: it was stopped, has another key, or is no more.
pub fn forget_signer(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<(), Error> {
    let sql = "UPDATE interactions SET signer_id = NULL, signed_at = NULL WHERE signer_id = $1";
    tx.execute(sql, params![agent_id])?;
    Ok(())
}

/// Ends it. False when it had ended before: exactly one caller gets true.
pub fn delete(tx: &mut Tx<'_>, id: &InteractionId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM interactions WHERE id = $1", params![id])? == 1)
}

/// Deletes a batch of expired ones; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM interactions
               WHERE id IN (SELECT id FROM interactions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![now, limit])
}
