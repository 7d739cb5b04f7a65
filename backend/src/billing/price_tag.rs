//! What something costs, as people read it. Paddle is asked seldom, for anybody can open the page that shows it.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::outbound::paddle::Paddle;

/// How long a price counts as known, in seconds.
const KNOWN: i64 = 10 * 60;
/// How long after Paddle has failed it is asked again, in seconds.
const AGAIN: i64 = 30;
/// Currencies without a smaller unit (ISO 4217).
const WHOLE: [&str; 4] = ["CLP", "JPY", "KRW", "VND"];

/// The price of a payment that is made once. Cheap to clone.
#[derive(Clone, Default)]
pub struct PriceTag(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    text: Option<String>,
    until: i64,
}

impl PriceTag {
    /// Such as `USD 20.00`, before taxes. `None` when Paddle does not say, or says that it is paid again and again.
    pub async fn of(&self, paddle: &Paddle, price_id: &str, clock: &Clock) -> Option<String> {
        // Held while Paddle is asked, so that it is asked once, however many want to pay.
        self.0.lock().await.refreshed(paddle, price_id, clock).await
    }

    /// The same for whoever only looks: nobody waits for an answer that somebody else waits for.
    pub async fn shown(&self, paddle: &Paddle, price_id: &str, clock: &Clock) -> Option<String> {
        self.0.try_lock().ok()?.refreshed(paddle, price_id, clock).await
    }
}

impl Known {
    async fn refreshed(&mut self, paddle: &Paddle, price_id: &str, clock: &Clock) -> Option<String> {
        if self.until <= clock.now() {
            let said = paddle.price(price_id).await;
            self.text = said.as_ref().ok().and_then(in_words);
            if self.text.is_none() {
                tracing::warn!(price_id, ?said, "Paddle does not tell a price that is paid once");
            }
            self.until = clock.now() + if self.text.is_some() { KNOWN } else { AGAIN };
        }
        self.text.clone()
    }
}

fn in_words(price: &Value) -> Option<String> {
    if !price["billing_cycle"].is_null() {
        return None;
    }
    let amount: i64 = price["unit_price"]["amount"].as_str()?.parse().ok()?;
    let currency = price["unit_price"]["currency_code"].as_str()?;
    Some(match WHOLE.contains(&currency) {
        true => format!("{currency} {amount}"),
        false => format!("{currency} {}.{:02}", amount / 100, amount % 100),
    })
}
