//! `subscription_tiers`: what each subscription allows.

use crate::db::{Error, Tx, params};

super::row! {
    /// A tier's limits; -1 is unlimited.
    SubscriptionTier of "subscription_tiers" {
        /// `FREE`, `BASIC`, …
        tier: String,
        /// Agents that one overseer may answer for.
        max_agents: i64,
        /// Clients of an overseer and of their agents together.
        max_clients: i64,
        /// Authorizations of one agent in a billing period.
        max_oauth_per_period: i64,
        /// A month's, in minor units.
        price: i64,
    }
}

/// The tier of this name.
pub fn find(tx: &mut Tx<'_>, tier: &str) -> Result<Option<SubscriptionTier>, Error> {
    SubscriptionTier::one(tx, "WHERE tier = $1", params![tier])
}
