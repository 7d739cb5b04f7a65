//! `challenges`: pending two-step operations.

use crate::db::{Error, Tx, params};
use crate::id::ChallengeId;

super::row! {
    /// A two-step operation, pending or answered.
    Challenge of "challenges" {
        /// UUIDv7.
        id: ChallengeId,
        /// `dpop`, `claim`, `key_rotation` or `shadow_claim`.
        challenge_type: String,
        /// The agent concerned; before it exists, its public key.
        entity_id: String,
        /// Unix seconds.
        expires_at: i64,
        /// Canonical JSON: the very text to sign.
        challenge_data: String,
        /// Unix seconds.
        created_at: i64,
        /// `None` while pending; `completed` or `rejected`.
        outcome: Option<String>,
        /// The overseer who asked, for a claim.
        initiator_id: Option<String>,
    }
}

/// The challenge with this id and type, pending or not.
pub fn find(tx: &mut Tx<'_>, id: &ChallengeId, challenge_type: &str) -> Result<Option<Challenge>, Error> {
    Challenge::one(tx, "WHERE id = $1 AND challenge_type = $2", params![id, challenge_type])
}

/// The newest one of a type for an entity that can be answered.
pub fn newest_pending(
    tx: &mut Tx<'_>,
    entity_id: &str,
    challenge_type: &str,
    now: i64,
) -> Result<Option<Challenge>, Error> {
    let clause = "WHERE entity_id = $1 AND challenge_type = $2 AND outcome IS NULL AND expires_at > $3
                  ORDER BY id DESC LIMIT 1";
    Challenge::one(tx, clause, params![entity_id, challenge_type, now])
}

/// Stores a pending challenge.
pub fn insert(tx: &mut Tx<'_>, challenge: &Challenge) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO challenges
             (id, challenge_type, entity_id, expires_at, challenge_data, created_at, outcome, initiator_id)
         VALUES ($1, $2, $3, $4, $5, $6, NULL, $7)",
        params![
            &challenge.id,
            &challenge.challenge_type,
            &challenge.entity_id,
            challenge.expires_at,
            &challenge.challenge_data,
            challenge.created_at,
            challenge.initiator_id.as_deref()
        ],
    )?;
    Ok(())
}

/// Answers a challenge. False when it was answered before or has expired: exactly one caller gets true.
pub fn consume(tx: &mut Tx<'_>, id: &ChallengeId, outcome: &str, now: i64) -> Result<bool, Error> {
    let sql = "UPDATE challenges SET outcome = $2 WHERE id = $1 AND outcome IS NULL AND expires_at > $3";
    Ok(tx.execute(sql, params![id, outcome, now])? == 1)
}

/// Deletes the pending challenges of one type for an agent.
pub fn delete_pending(tx: &mut Tx<'_>, entity_id: &str, challenge_type: &str) -> Result<(), Error> {
    let sql = "DELETE FROM challenges WHERE entity_id = $1 AND challenge_type = $2 AND outcome IS NULL";
    tx.execute(sql, params![entity_id, challenge_type])?;
    Ok(())
}

/// Deletes everything of an agent, or of the key that it registered with; no foreign key reaches it.
pub fn delete_of(tx: &mut Tx<'_>, entity_id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM challenges WHERE entity_id = $1", params![entity_id])?;
    Ok(())
}

/// Deletes a batch of challenges that expired before `before`; how many it was.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM challenges
               WHERE id IN (SELECT id FROM challenges WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![before, limit])
}
