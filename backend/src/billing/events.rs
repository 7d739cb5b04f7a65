//! What Paddle tells: each event is stored once, as it came, and applied once.
//!
//! The order in which events come decides nothing: of what they say of a subscription the newest counts (`occurred_at`), and
//! whose a subscription is follows from the checkout that it came from, whichever of the two is told first.

use serde::Deserialize;
use serde_json::Value;

use super::shadow_payments;
use super::tiers::Tiers;
use crate::db::schema::billing_events::{self, BillingEvent};
use crate::db::schema::checkouts::{self, Checkout};
use crate::db::schema::{overseers, subscriptions};
use crate::db::{Error, TextList, Tx};
use crate::id::OverseerId;
use crate::outbound::paddle::{Adjustment, Subscription, Transaction};
use crate::refusal::{Code, Refusal};

/// What Paddle tells, whatever it is about.
#[derive(Deserialize)]
struct Envelope {
    event_id: String,
    event_type: String,
    occurred_at: String,
    data: Value,
}

/// What came of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is applied; whose subscription it was about, when that is known.
    Applied(Option<OverseerId>),
    /// It was before.
    Known,
}

/// Why an event can not be applied.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// There is none with this id.
    #[error("there is no such event")]
    Unknown,
    /// It does not say what it should.
    #[error("the event can not be read: {0}")]
    Unreadable(String),
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
}

/// A verified webhook, to be stored.
pub fn read(body: &str, now: i64) -> Result<BillingEvent, Refusal> {
    let unreadable = || Code::MalformedJson.because("The body is not an event of Paddle's.");
    let envelope: Envelope = serde_json::from_str(body).map_err(|_| unreadable())?;
    let occurred_at = microseconds(&envelope.occurred_at).ok_or_else(unreadable)?;
    Ok(BillingEvent {
        id: envelope.event_id,
        event_type: envelope.event_type,
        occurred_at,
        body: body.to_owned(),
        received_at: now,
        applied_at: None,
    })
}

/// Applies a stored event, once. What is refused leaves it as it was, to be applied later.
pub fn apply(tx: &mut Tx<'_>, id: &str, tiers: &Tiers, now: i64) -> Result<Outcome, EventError> {
    let event = billing_events::find(tx, id)?.ok_or(EventError::Unknown)?;
    if !billing_events::set_applied(tx, id, now)? {
        return Ok(Outcome::Known);
    }
    let unreadable = |error: serde_json::Error| EventError::Unreadable(error.to_string());
    let envelope: Envelope = serde_json::from_str(&event.body).map_err(unreadable)?;
    match event.event_type.split_once('.') {
        Some(("subscription", _)) => {
            let subscription: Subscription = serde_json::from_value(envelope.data).map_err(unreadable)?;
            note_subscription(tx, &event, &subscription, tiers, now).map(Outcome::Applied)
        }
        Some(("transaction", "completed")) => {
            let transaction: Transaction = serde_json::from_value(envelope.data).map_err(unreadable)?;
            note_payment(tx, &event, &transaction, tiers, now).map(Outcome::Applied)
        }
        Some(("adjustment", _)) => {
            let adjustment: Adjustment = serde_json::from_value(envelope.data).map_err(unreadable)?;
            let undone = gives_all_back(&adjustment).then_some(&adjustment.transaction_id);
            let whose = undone.map(|id| shadow_payments::refunded(tx, id, now)).transpose()?;
            Ok(Outcome::Applied(whose.flatten()))
        }
        // Kept for whoever asks what has happened.
        Some(_) | None => Ok(Outcome::Applied(None)),
    }
}

/// Whether a payment was undone.
fn gives_all_back(adjustment: &Adjustment) -> bool {
    let is_full = |kind: &Option<String>| kind.as_deref() == Some("full");
    // A payment that we begin has one item.
    let items = &adjustment.items;
    let is_all = is_full(&adjustment.r#type) || !items.is_empty() && items.iter().all(|item| is_full(&item.r#type));
    matches!(adjustment.action.as_str(), "refund" | "chargeback") && adjustment.status == "approved" && is_all
}

fn note_subscription(
    tx: &mut Tx<'_>,
    event: &BillingEvent,
    said: &Subscription,
    tiers: &Tiers,
    now: i64,
) -> Result<Option<OverseerId>, EventError> {
    subscriptions::put(tx, &row_of(said, tiers, (event.occurred_at, &event.id), now)?)?;
    if let Some(transaction_id) = &said.transaction_id {
        checkouts::set_subscription(tx, transaction_id, &said.id)?;
    }
    settle(tx, &said.id, tiers, now)
}

/// What Paddle says of a subscription, by an event, as it is stored.
fn row_of(
    said: &Subscription,
    tiers: &Tiers,
    (occurred_at, event_id): (i64, &str),
    created_at: i64,
) -> Result<subscriptions::Subscription, EventError> {
    let item = said.items.iter().find(|item| tiers.of_price(&item.price.id).is_some()).or(said.items.first());
    let time = |text: &String| {
        let seconds = microseconds(text).map(|time| time.div_euclid(1_000_000));
        seconds.ok_or_else(|| EventError::Unreadable(format!("{text} is no time")))
    };
    let period = said.current_billing_period.as_ref();
    let end = said.scheduled_change.as_ref().filter(|change| change.action == "cancel");
    Ok(subscriptions::Subscription {
        id: said.id.clone(),
        overseer_id: None,
        customer_id: said.customer_id.clone(),
        price_id: item.map(|item| item.price.id.clone()).unwrap_or_default(),
        status: said.status.clone(),
        period_starts_at: period.map(|period| time(&period.starts_at)).transpose()?,
        period_ends_at: period.map(|period| time(&period.ends_at)).transpose()?,
        cancels_at: end.map(|change| time(&change.effective_at)).transpose()?,
        occurred_at,
        event_id: event_id.to_owned(),
        created_at,
        paid_period_starts_at: None,
        paid_price_ids: TextList::new::<&str>(&[]),
    })
}

fn note_payment(
    tx: &mut Tx<'_>,
    event: &BillingEvent,
    paid: &Transaction,
    tiers: &Tiers,
    now: i64,
) -> Result<Option<OverseerId>, EventError> {
    let paid_at = event.occurred_at.div_euclid(1_000_000);
    let is_news = checkouts::complete(tx, &paid.id, paid_at)?;
    let begun = if is_news { checkouts::find(tx, &paid.id)? } else { None };
    let shadow = match &begun {
        Some(begun) if begun.agent_id.is_some() => shadow_payments::arrived(tx, begun, now)?,
        Some(begun) => {
            note_if_gone(tx, begun)?;
            None
        }
        None => None,
    };
    match &paid.subscription_id {
        Some(subscription_id) => {
            checkouts::set_subscription(tx, &paid.id, subscription_id)?;
            settle(tx, subscription_id, tiers, now)
        }
        None => Ok(shadow),
    }
}

/// Somebody has begun to pay, deleted the account, and paid.
fn note_if_gone(tx: &mut Tx<'_>, paid: &Checkout) -> Result<(), Error> {
    if overseers::find(tx, &paid.overseer_id)?.is_some() {
        return Ok(());
    }
    tracing::error!(
        transaction_id = paid.transaction_id,
        "paid for an account that is gone: end it at Paddle, see `agentid billing refunds`"
    );
    checkouts::set_refund_due(tx, &paid.transaction_id, "account_gone")
}

/// Gives a subscription to whose it is, and notes with them what they pay for.
fn settle(tx: &mut Tx<'_>, subscription_id: &str, tiers: &Tiers, now: i64) -> Result<Option<OverseerId>, EventError> {
    subscriptions::give_to_owner(tx, subscription_id)?;
    let owner = subscriptions::find(tx, subscription_id)?.and_then(|subscription| subscription.overseer_id);
    let Some(overseer_id) = owner else { return Ok(None) };
    let paid = tiers.of_overseer(tx, &overseer_id, now)?.subscription;
    let customer = checkouts::customer_of(tx, &overseer_id)?;
    overseers::set_paddle_ids(tx, &overseer_id, paid.as_ref().map(|paid| paid.id.as_str()), customer.as_deref())?;
    Ok(Some(overseer_id))
}

/// Whether what Paddle says of a subscription is what is known of it.
pub fn says(said: &Value, known: &subscriptions::Subscription, tiers: &Tiers) -> Result<bool, EventError> {
    let unreadable = |error: serde_json::Error| EventError::Unreadable(error.to_string());
    let said: Subscription = serde_json::from_value(said.clone()).map_err(unreadable)?;
    let row = row_of(&said, tiers, (known.occurred_at, &known.event_id), known.created_at);
    let as_known = |row| subscriptions::Subscription {
        overseer_id: known.overseer_id.clone(),
        paid_period_starts_at: known.paid_period_starts_at,
        paid_price_ids: known.paid_price_ids.clone(),
        ..row
    };
    Ok(row.is_ok_and(|row| as_known(row) == *known))
}

/// Microseconds since 1970 as RFC 3339.
pub fn as_time(microseconds: i64) -> String {
    jiff::Timestamp::from_microsecond(microseconds).map_or_else(|_| String::new(), |time| time.to_string())
}

/// RFC 3339, as microseconds since 1970.
pub fn microseconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}
