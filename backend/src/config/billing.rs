//! `[billing]`: what an overseer gets without having paid.

use super::error::Rule;
use super::section::section;

section! {
    /// What an overseer gets without having paid.
    "billing" => Billing {
        /// The tier of an overseer without a subscription: FREE, BASIC, PRO or PREMIUM.
        default_tier: String = "PREMIUM".to_owned();
    }
}

impl Billing {
    pub(super) fn check(&self) -> Result<(), Rule> {
        if matches!(self.default_tier.as_str(), "FREE" | "BASIC" | "PRO" | "PREMIUM") {
            return Ok(());
        }
        Err(Rule::new("billing.default_tier", "FREE, BASIC, PRO or PREMIUM"))
    }
}
