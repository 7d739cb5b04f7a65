//! What subscriptions allow, and what Paddle says of them.

pub mod events;
pub mod price_tag;
pub mod quota;
pub mod reconcile;
pub mod shadow_payments;
pub mod signature;
pub mod tiers;
