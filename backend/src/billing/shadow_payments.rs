//! What a payment for a shadow claim does: an agent's limits are lifted for thirty days. Paid again, for thirty more.
//!
//! Applied in the transaction that notes the payment, and so once. Until when the limits are lifted follows from the payments that
//! count, so that one that is given back takes nothing that another has bought. Money that can do nothing any more is to be given
//! back.

use crate::db::schema::checkouts::{self, Checkout};
use crate::db::schema::{agents, overseers, oversights};
use crate::db::{Error, Tx};
use crate::id::{AgentId, ChallengeId, OverseerId};

/// How long a payment lasts, in seconds.
pub const LASTS: i64 = 30 * 24 * 60 * 60;

/// Applies a payment that was just noted as paid, if it is for a shadow claim; whose it is. How long ago the claim was made is no
/// matter, as long as nobody has come to answer for the agent.
pub fn arrived(tx: &mut Tx<'_>, paid: &Checkout, now: i64) -> Result<Option<OverseerId>, Error> {
    let (Some(agent_id), Some(claim)) = (&paid.agent_id, &paid.challenge_id) else { return Ok(None) };
    // Given back already: the news came in another order.
    if paid.refunded_at.is_some() {
        return Ok(None);
    }
    if let Some(why) = lift(tx, paid, agent_id, claim, now)? {
        let transaction_id = &paid.transaction_id;
        tracing::warn!(transaction_id, why, "paid for nothing: give it back, see `agentid billing refunds`");
        checkouts::set_refund_due(tx, transaction_id, why)?;
    }
    Ok(Some(paid.overseer_id.clone()))
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
    let active = oversights::active(tx, agent_id)?;
    if active.as_ref().is_some_and(|oversight| oversight.ends_at.is_none()) {
        return Ok(Some("claimed"));
    }
    checkouts::set_applied(tx, &paid.transaction_id, now)?;
    match active.filter(|oversight| oversight.ends_at.is_some_and(|end| end > now)) {
        Some(oversight) => {
            let ends_at = paid_until(tx, agent_id, oversight.updated_at)?.unwrap_or(now);
            oversights::set_end(tx, agent_id, ends_at)?;
        }
        None => {
            oversights::end(tx, agent_id, now)?;
            overseers::insert_shadow(tx, &paid.overseer_id, now)?;
            let pair = (&paid.overseer_id, agent_id);
            // One claim leads to one oversight, so its id will do for both.
            oversights::activate(tx, claim.as_str(), pair, Some(now + LASTS), now)?;
        }
    }
    Ok(None)
}

/// Until when the payments last that came since then, and were not given back; `None`: there are none.
fn paid_until(tx: &mut Tx<'_>, agent_id: &AgentId, since: i64) -> Result<Option<i64>, Error> {
    let times = checkouts::applied(tx, agent_id, since)?.into_iter().filter_map(|paid| paid.applied_at);
    Ok(times.fold(None, |end, applied_at| Some(end.unwrap_or(applied_at).max(applied_at) + LASTS)))
}

/// Takes back what a payment gave that was given back; whose it was.
pub fn refunded(tx: &mut Tx<'_>, transaction_id: &str, now: i64) -> Result<Option<OverseerId>, Error> {
    if !checkouts::set_refunded(tx, transaction_id, now)? {
        return Ok(None);
    }
    let Some(Checkout { overseer_id, agent_id: Some(agent_id), .. }) = checkouts::find(tx, transaction_id)? else {
        return Ok(None);
    };
    agents::lock(tx, &agent_id)?;
    let active = oversights::active(tx, &agent_id)?;
    if let Some(oversight) = active.filter(|oversight| oversight.ends_at.is_some()) {
        // What was paid before an overseer came and left again, or before a pause, is over already, and not among these.
        let ends_at = paid_until(tx, &agent_id, oversight.updated_at)?.unwrap_or(now);
        oversights::set_end(tx, &agent_id, ends_at)?;
    }
    Ok(Some(overseer_id))
}
