//! What was not told: payments and subscriptions are looked up at Paddle, and noted as if Paddle had told of them. In the way
//! stands nothing that was told meanwhile, for the newest counts.

use serde_json::{Value, json};

use super::events::{self, EventError, Outcome};
use super::tiers::Tiers;
use crate::clock::Clock;
use crate::db::schema::subscriptions::Subscription;
use crate::db::schema::{billing_events, checkouts, subscriptions};
use crate::db::{Db, Tx};
use crate::id;
use crate::outbound::paddle::{Paddle, PaddleError};
use crate::random::Random;

/// How long a payment that was begun is looked for, in seconds.
const PAYABLE: i64 = 30 * 24 * 60 * 60;
/// The same for shadow claims, which anybody can begin.
const PAYABLE_SHADOW: i64 = 7 * 24 * 60 * 60;
/// How many of these are looked up at most, so that strangers do not hold up the rest.
const MOST_SHADOWS: usize = 1000;
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
    /// Of them, payments for shadow claims, which take nothing from anybody.
    pub failed_shadows: usize,
}

impl Reconciler {
    /// Looks everything up that may have changed.
    pub async fn run(&self) -> Result<Report, EventError> {
        let mut report = Report::default();
        let mut after = String::new();
        loop {
            let last = after.clone();
            let page = self.db.read(move |tx| subscriptions::page(tx, &last, STEP)).await?;
            let Some(last) = page.last() else { break };
            after = last.id.clone();
            for subscription in &page {
                let looked_up = self.look_up_subscription(subscription).await;
                report.add(looked_up);
            }
        }
        self.look_up_payments(&mut report, false, usize::MAX).await?;
        let failed = report.failed;
        self.look_up_payments(&mut report, true, MOST_SHADOWS).await?;
        report.failed_shadows = report.failed - failed;
        Ok(report)
    }

    /// Payments that were begun, for shadow claims or for an overseer's own tier.
    async fn look_up_payments(&self, report: &mut Report, is_shadow: bool, most: usize) -> Result<(), EventError> {
        let since = self.clock.now() - if is_shadow { PAYABLE_SHADOW } else { PAYABLE };
        let (mut after, mut looked_up) = (String::new(), 0);
        while looked_up < most {
            let last = after.clone();
            let page = self.db.read(move |tx| checkouts::open(tx, is_shadow, since, &last, STEP)).await?;
            let Some(last) = page.last() else { break };
            after = last.transaction_id.clone();
            looked_up += page.len();
            for checkout in &page {
                let looked_up = self.look_up_payment(&checkout.transaction_id).await;
                report.add(looked_up);
            }
        }
        Ok(())
    }

    /// Whether what is known of a subscription is what Paddle says; else it is from now on.
    pub async fn is_current(&self, known: &Subscription) -> Result<bool, LookUpError> {
        Ok(self.look_up_subscription(known).await? == 0)
    }

    /// Notes what Paddle has answered when a subscription was changed, so that it counts before it is told.
    pub async fn note(&self, known: &Subscription, said: Value) -> Result<(), LookUpError> {
        self.apply("subscription.updated", said, known.occurred_at + 1).await.map(drop)
    }

    /// How many news there were. The payment is noted only together with the subscription that it has led to: a payment that is
    /// noted is not looked up again.
    async fn look_up_payment(&self, id: &str) -> Result<usize, LookUpError> {
        let paid = self.paddle.transaction(id).await?;
        if paid["status"] != "completed" {
            return Ok(0);
        }
        let subscription = match paid["subscription_id"].as_str() {
            Some(id) => Some(self.paddle.subscription(id).await?),
            None => None,
        };
        let mut news = self.apply("transaction.completed", paid, 0).await?;
        if let Some(subscription) = subscription {
            news += self.apply("subscription.updated", subscription, 0).await?;
        }
        Ok(news)
    }

    /// What Paddle says now counts, whatever was told before: it is noted as no older than that.
    async fn look_up_subscription(&self, known: &Subscription) -> Result<usize, LookUpError> {
        let said = self.paddle.subscription(&known.id).await?;
        if events::says(&said, known, &self.tiers)? {
            return Ok(0);
        }
        self.apply("subscription.updated", said, known.occurred_at).await
    }

    /// In two steps, as a webhook: what can not be applied waits for the operator.
    async fn apply(&self, event_type: &str, data: Value, not_before: i64) -> Result<usize, LookUpError> {
        let updated_at = data["updated_at"].as_str().and_then(events::microseconds).unwrap_or(0);
        let id = format!("reconciled_{}", id::new(&self.clock, self.random));
        let occurred_at = events::as_time(updated_at.max(not_before));
        let body = json!({ "event_id": id, "event_type": event_type, "occurred_at": occurred_at, "data": data });
        let now = self.clock.now();
        let unreadable = |_| EventError::Unreadable("it is no event".to_owned());
        let event = events::read(&body.to_string(), now).map_err(unreadable)?;
        let insert = self.db.write(move |tx: &mut Tx<'_>| billing_events::insert(tx, &event));
        insert.await.map_err(EventError::Database)?;
        let tiers = self.tiers.clone();
        let applied = self.db.write(move |tx: &mut Tx<'_>| events::apply(tx, &id, &tiers, now)).await?;
        Ok(usize::from(applied != Outcome::Known))
    }
}

/// Why something could not be looked up; it is next time.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// Paddle.
    #[error(transparent)]
    Paddle(#[from] PaddleError),
    /// What Paddle says can not be noted.
    #[error(transparent)]
    Event(#[from] EventError),
}

impl Report {
    fn add(&mut self, looked_up: Result<usize, LookUpError>) {
        self.looked_up += 1;
        match looked_up {
            Ok(news) => self.changed += news,
            // That there is nothing is an answer: it was of another account of Paddle's.
            Err(LookUpError::Paddle(error @ PaddleError::Refused { status: 404, .. })) => {
                tracing::warn!(%error, "Paddle does not know a payment that was begun, or a subscription");
            }
            Err(error) => {
                tracing::warn!(%error, "how it stands with a payment could not be looked up");
                self.failed += 1;
            }
        }
    }

    /// For people.
    pub fn in_words(&self) -> String {
        let Self { looked_up, changed, failed, .. } = self;
        format!(
            "{looked_up} payments and subscriptions were looked up, {changed} had news, {failed} could not be looked up"
        )
    }
}
