//! `[billing]`: what an overseer gets without having paid.

use super::error::Rule;
use super::section::section;

section! {
    /// What an overseer gets without having paid.
    "billing" => Billing {
        /// The tier of an overseer without a subscription: FREE, BASIC, PRO or PREMIUM.
        default_tier: String = String::new() => "FREE when paddle.api_key is set, else PREMIUM";
        /// How many days a subscription still counts whose payment has failed.
        grace_days: u32 = 14;
    }
}

impl Billing {
    pub(super) fn check(&self) -> Result<(), Rule> {
        Rule::within("billing.grace_days", self.grace_days, 0..=90)?;
        if matches!(self.default_tier.as_str(), "" | "FREE" | "BASIC" | "PRO" | "PREMIUM") {
            return Ok(());
        }
        Err(Rule::new("billing.default_tier", "FREE, BASIC, PRO or PREMIUM"))
    }
}
