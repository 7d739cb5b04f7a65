//! `billing_events`: what Paddle has told.

use crate::db::{Error, Tx, params};

super::row! {
    /// An event, as it came.
    BillingEvent of "billing_events" {
        /// Paddle's.
        id: String,
        /// Such as `subscription.updated`.
        event_type: String,
        /// Microseconds since 1970.
        occurred_at: i64,
        /// JSON.
        body: String,
        /// Unix seconds.
        received_at: i64,
        /// Unix seconds; `None`: it could not be applied yet.
        applied_at: Option<i64>,
    }
}

/// Stores an event, unless it is there.
pub fn insert(tx: &mut Tx<'_>, event: &BillingEvent) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO billing_events (id, event_type, occurred_at, body, received_at, applied_at)
         VALUES ($1, $2, $3, $4, $5, NULL) ON CONFLICT (id) DO NOTHING",
        params![&event.id, &event.event_type, event.occurred_at, &event.body, event.received_at],
    )?;
    Ok(())
}

/// The event with Paddle's id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<BillingEvent>, Error> {
    BillingEvent::one(tx, "WHERE id = $1", params![id])
}

/// Notes that an event is applied. False when it was before: of several that apply it at once, one gets true.
pub fn set_applied(tx: &mut Tx<'_>, id: &str, now: i64) -> Result<bool, Error> {
    let sql = "UPDATE billing_events SET applied_at = $2 WHERE id = $1 AND applied_at IS NULL";
    Ok(tx.execute(sql, params![id, now])? == 1)
}

/// Up to `limit` events, the newest first, older than the event `before`; those that wait to be applied only, if that is asked for.
pub fn page(tx: &mut Tx<'_>, before: Option<&str>, only_waiting: bool, limit: i64) -> Result<Vec<BillingEvent>, Error> {
    let clause = "WHERE ($1 = FALSE OR applied_at IS NULL)
                    AND ($2 = '' OR (received_at, id) < (SELECT b.received_at, b.id FROM billing_events b WHERE b.id = $2))
                  ORDER BY received_at DESC, id DESC LIMIT $3";
    BillingEvent::all(tx, clause, params![only_waiting, before.unwrap_or_default(), limit])
}
