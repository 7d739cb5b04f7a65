//! What subscriptions allow, and what Paddle says of them.

pub mod events;
pub mod quota;
pub mod reconcile;
pub mod signature;
pub mod tiers;
