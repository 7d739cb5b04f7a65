//! What subscriptions allow.

pub mod tiers;
