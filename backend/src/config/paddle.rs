//! `[paddle]`: the payment provider. Without it nobody can pay here, and nobody has to.

use super::error::Rule;
use super::secret_text::SecretText;
use super::section::section;

section! {
    /// The payment provider, Paddle Billing. Without `paddle.api_key` nobody can pay here, and nobody has to.
    "paddle" => Paddle {
        /// The key of the API, of the same account and environment as everything else here; best in `AGENTID_PADDLE_API_KEY`.
        api_key: SecretText = SecretText::default();
        /// Where the API is: https://api.paddle.com, or https://sandbox-api.paddle.com to try it without money.
        api_url: String = "https://api.paddle.com".to_owned();
        /// The secret of the notification destination for /v1/webhooks/paddle; two, with a comma, while one takes the place of
        /// the other.
        webhook_secrets: SecretText = SecretText::default();
        /// How old a webhook's signature may be, in seconds.
        webhook_tolerance_seconds: u32 = 5;
        /// The prices of the tier BASIC (pri_…): the first is what new subscriptions get, the others still count.
        price_basic: Vec<String> = Vec::new();
        /// The prices of the tier PRO.
        price_pro: Vec<String> = Vec::new();
        /// The prices of the tier PREMIUM.
        price_premium: Vec<String> = Vec::new();
        /// The price, paid once, for which anybody can lift an agent's limits for 30 days; empty: nobody can.
        price_shadow: String = String::new();
    }
}

impl Paddle {
    /// Whether anybody can pay here.
    pub fn is_on(&self) -> bool {
        !self.api_key.is_empty()
    }

    /// The tiers that are for sale, and their prices.
    pub fn prices(&self) -> [(&'static str, &Vec<String>); 3] {
        [("BASIC", &self.price_basic), ("PRO", &self.price_pro), ("PREMIUM", &self.price_premium)]
    }

    /// The price that new subscriptions to a tier get.
    pub fn price_of(&self, tier: &str) -> Option<&str> {
        let (_, prices) = self.prices().into_iter().find(|(name, _)| *name == tier)?;
        prices.first().map(String::as_str)
    }

    /// The price for which anybody can lift an agent's limits; `None` when nobody can.
    pub fn shadow_price(&self) -> Option<&str> {
        Some(self.price_shadow.as_str()).filter(|price| self.is_on() && !price.is_empty())
    }

    pub(super) fn check(&self) -> Result<(), Rule> {
        Rule::within("paddle.webhook_tolerance_seconds", self.webhook_tolerance_seconds, 1..=300)?;
        let is_local = ["http://127.0.0.1:", "http://localhost:"].iter().any(|start| self.api_url.starts_with(start));
        if !self.api_url.starts_with("https://") && !is_local {
            return Err(Rule::new("paddle.api_url", "an https address"));
        }
        if !self.is_on() {
            return Ok(());
        }
        if self.webhook_secrets.is_empty() {
            return Err(Rule::new(
                "paddle.webhook_secrets",
                "the notification destination's secret, for paddle.api_key is set",
            ));
        }
        let keys = ["paddle.price_basic", "paddle.price_pro", "paddle.price_premium"];
        for (key, (_, prices)) in keys.into_iter().zip(self.prices()) {
            if prices.is_empty() {
                return Err(Rule::new(key, "the tier's price at Paddle (pri_…), for paddle.api_key is set"));
            }
            if prices.contains(&self.price_shadow) {
                return Err(Rule::new("paddle.price_shadow", "a price of its own, paid once"));
            }
        }
        Ok(())
    }
}
