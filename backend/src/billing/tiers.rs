//! The tier that an overseer or an agent has, and its limits: by the subscription, or without one by the setting
//! `billing.default_tier`.

use std::sync::Arc;

use crate::clock;
use crate::config;
use crate::db::schema::agents::Agent;
use crate::db::schema::oversights;
use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::db::schema::subscriptions::{self, Subscription};
use crate::db::{Error, Tx};
use crate::id::{AgentId, OverseerId};

const DAY: i64 = 24 * 60 * 60;

/// The tier of an agent for which somebody without an account has paid.
pub const SHADOW: &str = "SHADOW";

/// A limit on a count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// As many as anybody likes.
    Unlimited,
    /// At most this many.
    AtMost(i64),
}

impl Limit {
    /// A negative number stands for no limit.
    pub fn from_stored(number: i64) -> Self {
        if number < 0 { Self::Unlimited } else { Self::AtMost(number) }
    }

    /// `None` for no limit.
    pub fn at_most(self) -> Option<i64> {
        match self {
            Self::Unlimited => None,
            Self::AtMost(limit) => Some(limit),
        }
    }

    /// Whether there is room for one more beside `used`.
    pub fn has_room(self, used: i64) -> bool {
        match self {
            Self::Unlimited => true,
            Self::AtMost(limit) => used < limit,
        }
    }
}

/// Who has which tier. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tiers(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    default_tier: String,
    /// How long a subscription that was not paid still counts, in seconds.
    grace: i64,
    /// Paddle's prices, and of which tier they are. None: nobody can pay here, and nobody has a subscription.
    prices: Vec<(String, &'static str)>,
}

/// What an overseer or an agent has.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The tier.
    pub tier: SubscriptionTier,
    /// When the period ends in which authorizations are counted, Unix seconds: the subscription's, or without one the calendar
    /// month's in UTC.
    pub period_end: i64,
    /// What is paid for.
    pub subscription: Option<Subscription>,
    /// Paddle's price of the tier: what was paid for in this period, also when a smaller tier was chosen since.
    pub price_id: Option<String>,
}

impl Plan {
    /// How many agents the overseer may answer for.
    pub fn agents(&self) -> Limit {
        Limit::from_stored(self.tier.max_agents)
    }

    /// How many clients the owner may have.
    pub fn clients(&self) -> Limit {
        Limit::from_stored(self.tier.max_clients)
    }

    /// How many authorizations each agent may make in a period.
    pub fn authorizations(&self) -> Limit {
        Limit::from_stored(self.tier.max_oauth_per_period)
    }

    /// An agent's authorizations in the current period. What was counted in another counts nothing any more.
    pub fn used(&self, agent: &Agent) -> i64 {
        if agent.billing_period_end == self.period_end { agent.oauth_count } else { 0 }
    }
}

impl Tiers {
    /// As the settings say.
    pub fn new(billing: &config::Billing, paddle: &config::Paddle) -> Self {
        let default_tier = match (billing.default_tier.as_str(), paddle.is_on()) {
            ("", true) => "FREE",
            ("", false) => "PREMIUM",
            (tier, _) => tier,
        };
        let prices = paddle.prices().into_iter().flat_map(|(tier, ids)| ids.iter().map(move |id| (id.clone(), tier)));
        Self(Arc::new(Rules {
            default_tier: default_tier.to_owned(),
            grace: i64::from(billing.grace_days) * DAY,
            prices: if paddle.is_on() { prices.collect() } else { Vec::new() },
        }))
    }

    /// Of which tier a price of Paddle's is.
    pub fn of_price(&self, price_id: &str) -> Option<&'static str> {
        self.0.prices.iter().find(|(id, _)| id == price_id).map(|(_, tier)| *tier)
    }

    /// What an overseer has. Of several subscriptions the one to the dearest tier counts, and no other: nobody has the rights of
    /// two.
    pub fn of_overseer(&self, tx: &mut Tx<'_>, overseer_id: &OverseerId, now: i64) -> Result<Plan, Error> {
        if overseer_id.is_shadow() {
            return self.of_shadow(tx, overseer_id, now);
        }
        if self.0.prices.is_empty() {
            return self.unpaid(tx, now);
        }
        let mut best: Option<(SubscriptionTier, Subscription, String)> = None;
        for subscription in subscriptions::of_overseer(tx, overseer_id)? {
            if !self.counts(&subscription, now) {
                continue;
            }
            for price_id in paid_prices(&subscription, now) {
                let Some(name) = self.of_price(&price_id) else { continue };
                let tier = tier(tx, name)?;
                if best.as_ref().is_none_or(|(other, ..)| tier.price > other.price) {
                    best = Some((tier, subscription.clone(), price_id));
                }
            }
        }
        let Some((tier, subscription, price_id)) = best else { return self.unpaid(tx, now) };
        let period_end = subscription.period_ends_at.unwrap_or_else(|| clock::next_month(now));
        Ok(Plan { tier, period_end, subscription: Some(subscription), price_id: Some(price_id) })
    }

    /// What somebody without an account has paid for: of each limit the larger, for nobody pays to have less.
    fn of_shadow(&self, tx: &mut Tx<'_>, overseer_id: &OverseerId, now: i64) -> Result<Plan, Error> {
        let unpaid = self.unpaid(tx, now)?;
        let paid = oversights::of_overseer(tx, overseer_id)?.first().and_then(|oversight| oversight.ends_at);
        let Some(period_end) = paid.filter(|ends_at| *ends_at > now && !self.0.prices.is_empty()) else {
            return Ok(unpaid);
        };
        let (shadow, unpaid) = (tier(tx, SHADOW)?, unpaid.tier);
        let tier = SubscriptionTier {
            max_clients: larger(shadow.max_clients, unpaid.max_clients),
            max_oauth_per_period: larger(shadow.max_oauth_per_period, unpaid.max_oauth_per_period),
            ..shadow
        };
        Ok(Plan { tier, period_end, subscription: None, price_id: None })
    }

    /// Whether somebody without an account gets anything for their money.
    pub fn shadow_lifts(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        let (shadow, unpaid) = (tier(tx, SHADOW)?, tier(tx, &self.0.default_tier)?);
        let lifts = |shadow, unpaid| larger(shadow, unpaid) != unpaid;
        Ok(lifts(shadow.max_clients, unpaid.max_clients)
            || lifts(shadow.max_oauth_per_period, unpaid.max_oauth_per_period))
    }

    /// What an agent has: its overseer's, or what nobody has paid for.
    pub fn of_agent(&self, tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<Plan, Error> {
        if self.0.prices.is_empty() {
            return self.unpaid(tx, now);
        }
        match oversights::active(tx, agent_id)? {
            Some(oversight) => self.of_overseer(tx, &oversight.overseer_id, now),
            None => self.unpaid(tx, now),
        }
    }

    /// The tier that is to be paid for from the next period on, where it is another one.
    pub fn next(&self, plan: &Plan) -> Option<&'static str> {
        let next = self.of_price(&plan.subscription.as_ref()?.price_id)?;
        Some(next).filter(|next| *next != plan.tier.tier)
    }

    /// The tier that follows what is paid for, and from when on, where a smaller one or the end was chosen.
    pub fn upcoming(&self, tx: &mut Tx<'_>, plan: &Plan) -> Result<Option<(SubscriptionTier, i64)>, Error> {
        let ends_at = plan.subscription.as_ref().and_then(|subscription| subscription.cancels_at);
        match (ends_at, self.next(plan)) {
            (Some(ends_at), _) => Ok(Some((tier(tx, &self.0.default_tier)?, ends_at))),
            (None, Some(next)) => Ok(Some((tier(tx, next)?, plan.period_end))),
            (None, None) => Ok(None),
        }
    }

    /// Whether anybody's authorizations may be limited at all; false only where nobody can pay, and everybody has the largest tier.
    pub fn may_limit(&self) -> bool {
        !self.0.prices.is_empty() || self.0.default_tier != "PREMIUM"
    }

    /// What whoever pays nothing has.
    pub fn unpaid(&self, tx: &mut Tx<'_>, now: i64) -> Result<Plan, Error> {
        let tier = tier(tx, &self.0.default_tier)?;
        Ok(Plan { tier, period_end: clock::next_month(now), subscription: None, price_id: None })
    }

    /// Whether something is paid for of which the settings do not say what it gives. Then nobody knows what is too much.
    pub fn is_unclear(&self, tx: &mut Tx<'_>, overseer_id: &OverseerId, now: i64) -> Result<bool, Error> {
        let paid = subscriptions::of_overseer(tx, overseer_id)?;
        Ok(paid.iter().any(|paid| self.counts(paid, now) && self.of_price(&paid.price_id).is_none()))
    }

    /// Whether a subscription gives its tier now. That a period is over takes nothing away: until Paddle says what came of it,
    /// nobody knows that it was not paid.
    fn counts(&self, subscription: &Subscription, now: i64) -> bool {
        match subscription.status.as_str() {
            "active" | "trialing" => true,
            // The period that was not paid has begun.
            "past_due" => subscription.period_starts_at.is_none_or(|began| now < began + self.0.grace),
            _ => false,
        }
    }
}

/// Of two limits as they are stored.
fn larger(one: i64, other: i64) -> i64 {
    if one < 0 || other < 0 { -1 } else { one.max(other) }
}

/// The price of a subscription, and behind it all others that were paid for in the current period.
fn paid_prices(subscription: &Subscription, now: i64) -> Vec<String> {
    let is_current = subscription.paid_period_starts_at.is_some()
        && subscription.paid_period_starts_at == subscription.period_starts_at
        && subscription.period_ends_at.is_some_and(|end| now < end);
    let mut prices = if is_current { subscription.paid_price_ids.items() } else { Vec::new() };
    // First, so that of prices of the same tier it is the one.
    prices.insert(0, subscription.price_id.clone());
    prices
}

fn tier(tx: &mut Tx<'_>, name: &str) -> Result<SubscriptionTier, Error> {
    subscription_tiers::find(tx, name)?.ok_or_else(|| Error::Row(format!("there is no subscription tier {name:?}")))
}
