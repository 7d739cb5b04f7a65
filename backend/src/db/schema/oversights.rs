//! `oversights`: which overseer answers for which agent.

use crate::db::{Error, Tx, params};
use crate::id::{AgentId, OverseerId};

super::row! {
    /// One overseer's answering for one agent, now or once.
    Oversight of "oversights" {
        /// UUIDv7.
        id: String,
        /// Has no foreign key: a shadow overseer's id exists before its row does.
        overseer_id: OverseerId,
        /// The agent.
        agent_id: AgentId,
        /// False: it was so once.
        active: bool,
        /// The agent is let go at the end of the billing period.
        marked_for_cancellation: bool,
        /// When this pair first came together, Unix seconds.
        created_at: i64,
        /// When it last changed, Unix seconds; for an active one, since when.
        updated_at: i64,
        /// Of a shadow overseer: until when it is paid, Unix seconds; `None`: it has no end.
        ends_at: Option<i64>,
    }
}

/// Who answers for the agent now.
pub fn active(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Option<Oversight>, Error> {
    Oversight::one(tx, "WHERE agent_id = $1 AND active = TRUE", params![agent_id])
}

/// The same without a shadow overseer whose time is over.
pub fn current(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<Option<Oversight>, Error> {
    Ok(active(tx, agent_id)?.filter(|oversight| oversight.ends_at.is_none_or(|end| end > now)))
}

/// The active oversight of just this pair.
pub fn active_pair(tx: &mut Tx<'_>, overseer_id: &OverseerId, agent_id: &AgentId) -> Result<Option<Oversight>, Error> {
    let clause = "WHERE overseer_id = $1 AND agent_id = $2 AND active = TRUE";
    Oversight::one(tx, clause, params![overseer_id, agent_id])
}

/// All for which this overseer answers now.
pub fn of_overseer(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<Vec<Oversight>, Error> {
    Oversight::all(tx, "WHERE overseer_id = $1 AND active = TRUE ORDER BY agent_id", params![overseer_id])
}

/// Up to `limit` for which this overseer answers now, by the agent's id; `after` is the last one of the page before.
pub fn page(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    after: Option<&AgentId>,
    limit: i64,
) -> Result<Vec<Oversight>, Error> {
    let clause = "WHERE overseer_id = $1 AND agent_id > $2 AND active = TRUE ORDER BY agent_id LIMIT $3";
    Oversight::all(tx, clause, params![overseer_id, after.map_or("", AgentId::as_str), limit])
}

/// How many agents this overseer answers for now.
pub fn count(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM oversights WHERE overseer_id = $1 AND active = TRUE";
    tx.query_one(sql, params![overseer_id])?.get(0)
}

/// Makes the pair's oversight active: a new row, or the one from earlier. The unique index on the
/// active ones refuses a second overseer. `ends_at`: until when it is paid, for a shadow overseer's.
pub fn activate(
    tx: &mut Tx<'_>,
    id: &str,
    (overseer_id, agent_id): (&OverseerId, &AgentId),
    ends_at: Option<i64>,
    now: i64,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO oversights
             (id, overseer_id, agent_id, active, marked_for_cancellation, created_at, updated_at, ends_at)
         VALUES ($1, $2, $3, TRUE, FALSE, $4, $4, $5)
         ON CONFLICT (overseer_id, agent_id)
         DO UPDATE SET active = TRUE, marked_for_cancellation = FALSE, updated_at = excluded.updated_at,
                       ends_at = excluded.ends_at",
        params![id, overseer_id, agent_id, now, ends_at],
    )?;
    Ok(())
}

/// Has the agent's active shadow oversight end then.
pub fn set_end(tx: &mut Tx<'_>, agent_id: &AgentId, ends_at: i64) -> Result<(), Error> {
    let sql = "UPDATE oversights SET ends_at = $2 WHERE agent_id = $1 AND active = TRUE AND ends_at IS NOT NULL";
    tx.execute(sql, params![agent_id, ends_at])?;
    Ok(())
}

/// The last shadow oversight of an agent, be it over or not.
pub fn last_shadow(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Option<Oversight>, Error> {
    Oversight::one(tx, "WHERE agent_id = $1 AND ends_at IS NOT NULL ORDER BY ends_at DESC LIMIT 1", params![agent_id])
}

/// Up to `limit` shadow overseers whose time was over at `now`, by their ids; `after` is the last of the page before.
pub fn unpaid(tx: &mut Tx<'_>, now: i64, after: &str, limit: i64) -> Result<Vec<Oversight>, Error> {
    let clause = "WHERE active = TRUE AND ends_at <= $1 AND overseer_id > $2 ORDER BY overseer_id LIMIT $3";
    Oversight::all(tx, clause, params![now, after, limit])
}

/// The oversight of a shadow overseer, be it over or not: each has one agent.
pub fn of_shadow(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<Option<Oversight>, Error> {
    Oversight::one(tx, "WHERE overseer_id = $1 AND ends_at IS NOT NULL", params![overseer_id])
}

/// Ends the active oversight of the agent, by whomever. False when there is none.
pub fn end(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<bool, Error> {
    let sql = "UPDATE oversights SET active = FALSE, marked_for_cancellation = FALSE, updated_at = $2,
                      ends_at = CASE WHEN ends_at > $2 THEN $2 ELSE ends_at END
               WHERE agent_id = $1 AND active = TRUE";
    Ok(tx.execute(sql, params![agent_id, now])? == 1)
}

/// Ends all active oversights of an overseer, who goes.
pub fn end_of_overseer(tx: &mut Tx<'_>, overseer_id: &OverseerId, now: i64) -> Result<(), Error> {
    let sql = "UPDATE oversights SET active = FALSE, marked_for_cancellation = FALSE, updated_at = $2
               WHERE overseer_id = $1 AND active = TRUE";
    tx.execute(sql, params![overseer_id, now])?;
    Ok(())
}

/// Marks the pair's oversight to end with the billing period, or takes the mark back.
pub fn mark(tx: &mut Tx<'_>, overseer_id: &OverseerId, agent_id: &AgentId, marked: bool) -> Result<bool, Error> {
    let sql = "UPDATE oversights SET marked_for_cancellation = $3
               WHERE overseer_id = $1 AND agent_id = $2 AND active = TRUE";
    Ok(tx.execute(sql, params![overseer_id, agent_id, marked])? == 1)
}
