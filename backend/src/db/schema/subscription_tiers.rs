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

/// Those that anybody may see, the cheapest first.
pub fn shown(tx: &mut Tx<'_>) -> Result<Vec<SubscriptionTier>, Error> {
    SubscriptionTier::all(tx, "WHERE is_hidden = FALSE ORDER BY price, tier", params![])
}

/// All of them, the cheapest first.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<SubscriptionTier>, Error> {
    SubscriptionTier::all(tx, "ORDER BY price, tier", params![])
}

/// Changes a tier's limits and price. False when there is no such tier.
pub fn update(tx: &mut Tx<'_>, tier: &SubscriptionTier) -> Result<bool, Error> {
    let sql = "UPDATE subscription_tiers
               SET max_agents = $2, max_clients = $3, max_oauth_per_period = $4, price = $5 WHERE tier = $1";
    let values = params![&tier.tier, tier.max_agents, tier.max_clients, tier.max_oauth_per_period, tier.price];
    Ok(tx.execute(sql, values)? == 1)
}
