//! What a payment for a shadow claim does: an agent's limits are lifted for thirty days. Paid again, for thirty more.
//!
//! Applied in the transaction that notes the payment, and so once. Money that can do nothing any more is to be given back.

use crate::db::schema::checkouts::{self, Checkout};
use crate::db::schema::{agents, overseers, oversights};
use crate::db::{Error, Tx};
use crate::id::{AgentId, ChallengeId};

/// How long a payment lasts, in seconds.
pub const LASTS: i64 = 30 * 24 * 60 * 60;

/// Applies a payment that was just noted as paid, if it is for a shadow claim. How long ago the claim was made is no matter, as long
/// as nobody has come to answer for the agent.
pub fn arrived(tx: &mut Tx<'_>, transaction_id: &str, now: i64) -> Result<(), Error> {
    let Some(paid) = checkouts::find(tx, transaction_id)? else { return Ok(()) };
    let (Some(agent_id), Some(claim)) = (&paid.agent_id, &paid.challenge_id) else { return Ok(()) };
    // Given back already: the news came in another order.
    if paid.refunded_at.is_some() {
        return Ok(());
    }
    match lift(tx, &paid, agent_id, claim, now)? {
        None => Ok(()),
        Some(why) => {
            tracing::warn!(transaction_id, why, "paid for nothing: give it back, see `agentid billing refunds`");
            checkouts::set_refund_due(tx, transaction_id, why)
        }
    }
}

/// Why it is not possible; `None` when it is done.
fn lift(
    tx: &mut Tx<'_>,
    paid: &Checkout,
    agent_id: &AgentId,
    claim: &ChallengeId,
    now: i64,
) -> Result<Option<&'static str>, Error> {
    if !agents::lock(tx, agent_id)? {
        return Ok(Some("agent_gone"));
    }
    match oversights::active(tx, agent_id)? {
        Some(oversight) => {
            let Some(ends_at) = oversight.ends_at else { return Ok(Some("claimed")) };
            oversights::set_end(tx, agent_id, ends_at.max(now) + LASTS)?;
        }
        None => {
            overseers::insert_shadow(tx, &paid.overseer_id, now)?;
            let pair = (&paid.overseer_id, agent_id);
            // One claim leads to one oversight, so its id will do for both.
            oversights::activate(tx, claim.as_str(), pair, Some(now + LASTS), now)?;
        }
    }
    Ok(None)
}

/// Takes back what a payment gave that was given back.
pub fn refunded(tx: &mut Tx<'_>, transaction_id: &str, now: i64) -> Result<(), Error> {
    if !checkouts::set_refunded(tx, transaction_id, now)? {
        return Ok(());
    }
    let Some(paid) = checkouts::find(tx, transaction_id)? else { return Ok(()) };
    let Some(agent_id) = paid.agent_id.filter(|_| paid.completed_at.is_some() && paid.refund_due.is_none()) else {
        return Ok(());
    };
    agents::lock(tx, &agent_id)?;
    match oversights::active(tx, &agent_id)?.and_then(|oversight| oversight.ends_at) {
        // What is over then ends with the next round.
        Some(ends_at) => oversights::set_end(tx, &agent_id, ends_at - LASTS),
        None => Ok(()),
    }
}
