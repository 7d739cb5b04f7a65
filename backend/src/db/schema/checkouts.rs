//! `checkouts`: payments that were begun here.

use crate::db::{Error, Tx, params};
use crate::id::{AgentId, ChallengeId, OverseerId};

super::row! {
    /// A payment that was begun here.
    Checkout of "checkouts" {
        /// Paddle's.
        transaction_id: String,
        /// Whose it is; a shadow overseer's id for a shadow claim.
        overseer_id: OverseerId,
        /// What for.
        tier: String,
        /// Paddle's; `None` until the payment has led to one.
        subscription_id: Option<String>,
        /// Paddle's, as whom it was begun; `None`: as nobody yet.
        customer_id: Option<String>,
        /// When it was paid, Unix seconds.
        completed_at: Option<i64>,
        /// Unix seconds.
        created_at: i64,
        /// Whose limits it lifts; `None`: it is for an overseer's own tier.
        agent_id: Option<AgentId>,
        /// The shadow claim that is paid for; `None`: as above.
        challenge_id: Option<ChallengeId>,
        /// Where it is paid; `None`: not kept.
        url: Option<String>,
        /// When it has lifted them, Unix seconds; `None`: it has not.
        applied_at: Option<i64>,
        /// Why the money is to be given back: `agent_gone`, `claimed` or `account_gone`.
        refund_due: Option<String>,
        /// When it was given back, Unix seconds.
        refunded_at: Option<i64>,
    }
}

impl Checkout {
    /// A payment of a tier as it is begun, by nobody yet and for an overseer's own tier.
    pub fn begun(transaction_id: String, url: String, overseer_id: OverseerId, tier: String, now: i64) -> Self {
        Self {
            transaction_id,
            overseer_id,
            tier,
            subscription_id: None,
            customer_id: None,
            completed_at: None,
            created_at: now,
            agent_id: None,
            challenge_id: None,
            url: Some(url),
            applied_at: None,
            refund_due: None,
            refunded_at: None,
        }
    }
}

/// Stores a payment that was begun.
pub fn insert(tx: &mut Tx<'_>, checkout: &Checkout) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO checkouts (transaction_id, overseer_id, tier, customer_id, created_at, agent_id, challenge_id, url)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            &checkout.transaction_id,
            &checkout.overseer_id,
            &checkout.tier,
            checkout.customer_id.as_deref(),
            checkout.created_at,
            checkout.agent_id.as_ref(),
            checkout.challenge_id.as_ref(),
            checkout.url.as_deref()
        ],
    )?;
    Ok(())
}

/// The payment with Paddle's id, if it was begun here.
pub fn find(tx: &mut Tx<'_>, transaction_id: &str) -> Result<Option<Checkout>, Error> {
    Checkout::one(tx, "WHERE transaction_id = $1", params![transaction_id])
}

/// The last payment of a tier that an overseer has begun after `since` and not made, as far as is known.
pub fn begun(tx: &mut Tx<'_>, overseer_id: &OverseerId, tier: &str, since: i64) -> Result<Option<Checkout>, Error> {
    let clause = "WHERE overseer_id = $1 AND tier = $2 AND created_at > $3 AND completed_at IS NULL AND url IS NOT NULL
                  ORDER BY created_at DESC, transaction_id DESC LIMIT 1";
    Checkout::one(tx, clause, params![overseer_id, tier, since])
}

/// The payment of a shadow claim, once it was begun.
pub fn of_claim(tx: &mut Tx<'_>, challenge_id: &ChallengeId) -> Result<Option<Checkout>, Error> {
    Checkout::one(tx, "WHERE challenge_id = $1", params![challenge_id])
}

/// Notes that a payment has lifted an agent's limits.
pub fn set_applied(tx: &mut Tx<'_>, transaction_id: &str, now: i64) -> Result<(), Error> {
    tx.execute("UPDATE checkouts SET applied_at = $2 WHERE transaction_id = $1", params![transaction_id, now])?;
    Ok(())
}

/// The payments that have lifted an agent's limits since then, and were not given back, the oldest first.
pub fn applied(tx: &mut Tx<'_>, agent_id: &AgentId, since: i64) -> Result<Vec<Checkout>, Error> {
    let clause = "WHERE agent_id = $1 AND applied_at >= $2 AND refunded_at IS NULL ORDER BY applied_at, transaction_id";
    Checkout::all(tx, clause, params![agent_id, since])
}

/// Notes that the money is to be given back, and why.
pub fn set_refund_due(tx: &mut Tx<'_>, transaction_id: &str, why: &str) -> Result<(), Error> {
    tx.execute("UPDATE checkouts SET refund_due = $2 WHERE transaction_id = $1", params![transaction_id, why])?;
    Ok(())
}

/// Notes that the money was given back. False when that was known, or it was not begun here.
pub fn set_refunded(tx: &mut Tx<'_>, transaction_id: &str, at: i64) -> Result<bool, Error> {
    let sql = "UPDATE checkouts SET refunded_at = $2 WHERE transaction_id = $1 AND refunded_at IS NULL";
    Ok(tx.execute(sql, params![transaction_id, at])? == 1)
}

/// Up to `limit` payments whose money is to be given back, by when they were paid; `after` is the last of the page before.
pub fn refunds_due(tx: &mut Tx<'_>, after: Option<&str>, limit: i64) -> Result<Vec<Checkout>, Error> {
    let clause = "WHERE refund_due IS NOT NULL AND refunded_at IS NULL
                    AND ($1 = '' OR (completed_at, transaction_id) >
                                    (SELECT c.completed_at, c.transaction_id FROM checkouts c WHERE c.transaction_id = $1))
                  ORDER BY completed_at, transaction_id LIMIT $2";
    Checkout::all(tx, clause, params![after.unwrap_or_default(), limit])
}

/// Notes which subscription a payment has led to. What is known stays.
pub fn set_subscription(tx: &mut Tx<'_>, transaction_id: &str, subscription_id: &str) -> Result<(), Error> {
    let sql = "UPDATE checkouts SET subscription_id = $2 WHERE transaction_id = $1 AND subscription_id IS NULL";
    tx.execute(sql, params![transaction_id, subscription_id])?;
    Ok(())
}

/// Notes that it was paid. False when that was known, or it was not begun here.
pub fn complete(tx: &mut Tx<'_>, transaction_id: &str, completed_at: i64) -> Result<bool, Error> {
    let sql = "UPDATE checkouts SET completed_at = $2 WHERE transaction_id = $1 AND completed_at IS NULL";
    Ok(tx.execute(sql, params![transaction_id, completed_at])? == 1)
}

/// The customer as whom an overseer has begun what they paid last. Not who has paid: the payer can say another address in the
/// checkout, and would be let into its owner's payments.
pub fn customer_of(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<Option<String>, Error> {
    let sql = "SELECT customer_id FROM checkouts WHERE overseer_id = $1 AND customer_id IS NOT NULL AND completed_at IS NOT NULL
               ORDER BY created_at DESC, transaction_id DESC LIMIT 1";
    tx.query_opt(sql, params![overseer_id])?.map(|row| row.get(0)).transpose()
}

/// Up to `limit` payments that were begun after `since` and not paid as far as is known, or whose subscription is not known where
/// there is to be one, by their ids; of shadow claims, or of overseers' own tiers; `after` is the last of the page before.
pub fn open(tx: &mut Tx<'_>, is_shadow: bool, since: i64, after: &str, limit: i64) -> Result<Vec<Checkout>, Error> {
    let clause = "WHERE created_at > $1 AND transaction_id > $2 AND (agent_id IS NOT NULL) = $4
                    AND (completed_at IS NULL
                         OR agent_id IS NULL AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.id = checkouts.subscription_id))
                  ORDER BY transaction_id LIMIT $3";
    Checkout::all(tx, clause, params![since, after, limit, is_shadow])
}
