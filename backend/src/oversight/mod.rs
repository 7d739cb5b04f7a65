//! Who answers for an agent, and what they can do about it.

pub mod access;
pub mod blocks;
pub mod claims;
pub mod history;
pub mod shadow_claims;
pub mod stop;
pub mod usage;
