//! The tier that an overseer or an agent has, and its limits.

use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::db::{Error, Tx};
use crate::refusal::Refusal;

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

/// How many agents an overseer without a subscription may answer for: `default_tier` is the setting
/// `billing.default_tier`.
pub fn agents_limit(tx: &mut Tx<'_>, default_tier: &str) -> Result<Limit, Refusal> {
    Ok(Limit::from_stored(tier(tx, default_tier)?.max_agents))
}

/// How many authorizations an agent without a subscription may make in a billing period.
pub fn authorizations_limit(tx: &mut Tx<'_>, default_tier: &str) -> Result<Limit, Error> {
    Ok(Limit::from_stored(tier(tx, default_tier)?.max_oauth_per_period))
}

/// How many clients an owner without a subscription may have.
pub fn clients_limit(tx: &mut Tx<'_>, default_tier: &str) -> Result<Limit, Refusal> {
    Ok(Limit::from_stored(tier(tx, default_tier)?.max_clients))
}

fn tier(tx: &mut Tx<'_>, name: &str) -> Result<SubscriptionTier, Error> {
    subscription_tiers::find(tx, name)?.ok_or_else(|| Error::Row(format!("there is no subscription tier {name:?}")))
}
