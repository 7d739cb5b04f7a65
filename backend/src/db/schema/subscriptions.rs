//! `subscriptions`: what overseers pay for.

use crate::db::{Error, TextList, Tx, params};
use crate::id::OverseerId;

super::row! {
    /// A subscription, as the newest event about it says.
    Subscription of "subscriptions" {
        /// Paddle's.
        id: String,
        /// Whose it is; `None` until it is known from which checkout it came.
        overseer_id: Option<OverseerId>,
        /// Paddle's.
        customer_id: String,
        /// Paddle's; the settings say of which tier it is.
        price_id: String,
        /// `active`, `trialing`, `past_due`, `paused` or `canceled`.
        status: String,
        /// Unix seconds.
        period_starts_at: Option<i64>,
        /// Unix seconds.
        period_ends_at: Option<i64>,
        /// When it will end, Unix seconds.
        cancels_at: Option<i64>,
        /// Of the newest event about it, microseconds since 1970.
        occurred_at: i64,
        /// That event.
        event_id: String,
        /// Unix seconds.
        created_at: i64,
        /// When the last period began that was paid, Unix seconds.
        paid_period_starts_at: Option<i64>,
        /// What was paid for in that period.
        paid_price_ids: TextList,
    }
}

/// The subscription with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Subscription>, Error> {
    Subscription::one(tx, "WHERE id = $1", params![id])
}

/// All of an overseer's.
pub fn of_overseer(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<Vec<Subscription>, Error> {
    Subscription::all(tx, "WHERE overseer_id = $1 ORDER BY id", params![overseer_id])
}

/// Stores what an event says of a subscription, unless a newer one was here before; whose it is stays. Of two events of the same
/// moment the one with the greater id counts, so that the order in which they come decides nothing.
pub fn put(tx: &mut Tx<'_>, new: &Subscription) -> Result<(), Error> {
    let sql = "INSERT INTO subscriptions
                   (id, overseer_id, customer_id, price_id, status, period_starts_at, period_ends_at, cancels_at,
                    occurred_at, event_id, created_at)
               VALUES ($1, NULL, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               ON CONFLICT (id) DO UPDATE SET
                   customer_id = excluded.customer_id, price_id = excluded.price_id, status = excluded.status,
                   period_starts_at = excluded.period_starts_at, period_ends_at = excluded.period_ends_at,
                   cancels_at = excluded.cancels_at, occurred_at = excluded.occurred_at, event_id = excluded.event_id
               WHERE excluded.occurred_at > subscriptions.occurred_at
                  OR (excluded.occurred_at = subscriptions.occurred_at AND excluded.event_id > subscriptions.event_id)";
    tx.execute(
        sql,
        params![
            &new.id,
            &new.customer_id,
            &new.price_id,
            &new.status,
            new.period_starts_at,
            new.period_ends_at,
            new.cancels_at,
            new.occurred_at,
            &new.event_id,
            new.created_at
        ],
    )?;
    note_paid(tx, new)
}

/// Adds what an event says was paid, whether it is the newest or not: that follows from all events together, and not from their
/// order. The statement before has locked the row.
fn note_paid(tx: &mut Tx<'_>, new: &Subscription) -> Result<(), Error> {
    let (Some(known), Some(began)) = (find(tx, &new.id)?, new.period_starts_at) else { return Ok(()) };
    let is_paid = matches!(new.status.as_str(), "active" | "trialing");
    if !is_paid || known.paid_period_starts_at.is_some_and(|paid| paid > began) {
        return Ok(());
    }
    let same = known.paid_period_starts_at == Some(began);
    let mut prices = if same { known.paid_price_ids.items() } else { Vec::new() };
    if prices.contains(&new.price_id) {
        return Ok(());
    }
    prices.push(new.price_id.clone());
    prices.sort();
    let sql = "UPDATE subscriptions SET paid_period_starts_at = $2, paid_price_ids = $3 WHERE id = $1";
    tx.execute(sql, params![&new.id, began, &TextList::new(&prices)])?;
    Ok(())
}

/// Gives a subscription to the overseer whose checkout has led to it, once both are known.
pub fn give_to_owner(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    let sql = "UPDATE subscriptions
               SET overseer_id = (SELECT c.overseer_id FROM checkouts c WHERE c.subscription_id = subscriptions.id
                                  ORDER BY c.created_at, c.transaction_id LIMIT 1)
               WHERE id = $1 AND overseer_id IS NULL";
    tx.execute(sql, params![id])?;
    Ok(())
}

/// Up to `limit` subscriptions of overseers that can still change, by their ids; `after` is the last of the page before.
pub fn page(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Subscription>, Error> {
    let clause = "WHERE overseer_id IS NOT NULL AND status <> 'canceled' AND id > $1 ORDER BY id LIMIT $2";
    Subscription::all(tx, clause, params![after, limit])
}

/// How many subscriptions of an overseer were not ended and are not about to end.
pub fn running(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM subscriptions
               WHERE overseer_id = $1 AND status <> 'canceled' AND cancels_at IS NULL";
    tx.query_one(sql, params![overseer_id])?.get(0)
}
