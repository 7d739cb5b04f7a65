//! What was not told: payments and subscriptions are looked up at Paddle, and noted as if Paddle had told of them. In the way
//! stands nothing that was told meanwhile, for the newest counts.

use serde_json::{Value, json};

use super::events::{self, EventError, Outcome};
use super::tiers::Tiers;
use crate::clock::Clock;
use crate::db::schema::{billing_events, checkouts, subscriptions};
use crate::db::{Db, Tx};
use crate::id;
use crate::outbound::paddle::{Paddle, PaddleError};
use crate::random::Random;

/// How long a payment that was begun is looked for, in seconds.
const PAYABLE: i64 = 30 * 24 * 60 * 60;
/// How many of each are looked at in one step.
const STEP: i64 = 100;

/// What it takes.
#[derive(Clone)]
pub struct Reconciler {
    /// Where it is noted.
    pub db: Db,
    /// Whom to ask.
    pub paddle: Paddle,
    /// Who has which tier.
    pub tiers: Tiers,
    /// For the times.
    pub clock: Clock,
    /// For identifiers.
    pub random: Random,
}

/// What was done.
#[derive(Clone, Copy, Default, Debug)]
pub struct Report {
    /// Payments and subscriptions that were looked up.
    pub looked_up: usize,
    /// Those of which Paddle says something that was not known.
    pub changed: usize,
    /// Those that could not be looked up; they are next time.
    pub failed: usize,
}

impl Reconciler {
    /// Looks everything up that may have changed.
    pub async fn run(&self) -> Result<Report, EventError> {
        let mut report = Report::default();
        let since = self.clock.now() - PAYABLE;
        let mut after = String::new();
        loop {
            let last = after.clone();
            let page = self.db.read(move |tx| checkouts::open(tx, since, &last, STEP)).await?;
            let Some(last) = page.last() else { break };
            after = last.transaction_id.clone();
            for checkout in &page {
                let found = self.paddle.transaction(&checkout.transaction_id).await;
                self.note(found, "transaction.completed", &mut report, |said| said["status"] == "completed").await?;
            }
        }
        let mut after = String::new();
        loop {
            let last = after.clone();
            let page = self.db.read(move |tx| subscriptions::page(tx, &last, STEP)).await?;
            let Some(last) = page.last() else { break };
            after = last.id.clone();
            for subscription in &page {
                let found = self.paddle.subscription(&subscription.id).await;
                let old = subscription.occurred_at;
                let is_newer = |said: &Value| {
                    said["updated_at"].as_str().and_then(events::microseconds).is_some_and(|time| time > old)
                };
                self.note(found, "subscription.updated", &mut report, is_newer).await?;
            }
        }
        Ok(report)
    }

    async fn note(
        &self,
        found: Result<Value, PaddleError>,
        event_type: &str,
        report: &mut Report,
        is_news: impl Fn(&Value) -> bool,
    ) -> Result<(), EventError> {
        report.looked_up += 1;
        let said = match found {
            Ok(said) if is_news(&said) => said,
            Ok(_) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, "Paddle does not say how it stands with a payment");
                report.failed += 1;
                return Ok(());
            }
        };
        // The subscription that a payment has led to may not have been told of, either.
        let subscription = said["subscription_id"].as_str().filter(|_| event_type == "transaction.completed");
        let subscription = match subscription {
            Some(id) => self.paddle.subscription(id).await.ok(),
            None => None,
        };
        for (event_type, data) in [(event_type, Some(said)), ("subscription.updated", subscription)] {
            if let Some(data) = data {
                report.changed += usize::from(self.apply(event_type, data).await? != Outcome::Known);
            }
        }
        Ok(())
    }

    async fn apply(&self, event_type: &str, data: Value) -> Result<Outcome, EventError> {
        let id = format!("reconciled_{}", id::new(&self.clock, self.random));
        let body = json!({
            "event_id": id, "event_type": event_type, "occurred_at": data["updated_at"], "data": data,
        });
        let now = self.clock.now();
        let event =
            events::read(&body.to_string(), now).map_err(|error| EventError::Unreadable(error.sentence.into()))?;
        let tiers = self.tiers.clone();
        let apply = self.db.write(move |tx: &mut Tx<'_>| {
            billing_events::insert(tx, &event)?;
            events::apply(tx, &event.id, &tiers, now)
        });
        apply.await
    }
}

impl Report {
    /// For people.
    pub fn in_words(&self) -> String {
        let Self { looked_up, changed, failed } = self;
        format!(
            "{looked_up} payments and subscriptions were looked up, {changed} had news, {failed} could not be looked up"
        )
    }
}
