//! Subscriptions: paying by Paddle, what it tells, and what follows from it. Paddle is the stand-in of the demo.

mod downgrade;
mod limits;
mod malice_page;
mod order;
mod page;
mod reconcile;
mod settlement;
pub mod shadow_claims;
mod upgrade;
mod webhooks;

use agentid::cli::demo::paddle::{StandIn, signature};
use agentid::config::Config;
use serde_json::{Value, json};

use crate::support::{Answer, Overseer, TestServer};

/// A server whose Paddle is a stand-in.
pub fn start() -> (TestServer, StandIn) {
    with(|_| {})
}

/// The same with settings of the test's own.
pub fn with(change: impl FnOnce(&mut Config)) -> (TestServer, StandIn) {
    let paddle = StandIn::start().unwrap();
    let server = TestServer::with(|config| {
        config.paddle = paddle.settings();
        change(config);
    });
    (server, paddle)
}

/// The settings of a server whose Paddle this is, as `--set` takes them.
pub fn as_words(paddle: &StandIn) -> [String; 7] {
    let set = paddle.settings();
    [
        format!("paddle.api_key={}", set.api_key.expose()),
        format!("paddle.api_url={}", set.api_url),
        format!("paddle.webhook_secrets={}", set.webhook_secrets.expose()),
        format!("paddle.price_basic={}", set.price_basic.join(",")),
        format!("paddle.price_pro={}", set.price_pro.join(",")),
        format!("paddle.price_premium={}", set.price_premium.join(",")),
        format!("paddle.price_shadow={}", set.price_shadow),
    ]
}

/// Paddle tells something.
pub fn tell(server: &TestServer, event: &Value) -> Answer {
    let body = event.to_string();
    let signature = signature(&body, server.clock.now());
    server.post("/v1/webhooks/paddle").header("paddle-signature", &signature).bytes(body).send()
}

/// Asks for a larger tier.
pub fn upgrade(server: &TestServer, overseer: &Overseer, tier: &str) -> Answer {
    let body = json!({ "target_tier": tier });
    overseer.call(server, "POST", "/v1/subscriptions/upgrade").json(&body).send()
}

/// Pays for a tier, and has Paddle tell of it; the subscription's id.
pub fn subscribe(server: &TestServer, paddle: &StandIn, overseer: &Overseer, tier: &str) -> String {
    let transaction = upgrade(server, overseer, tier).expect(200).text_of("transaction_id");
    let events = paddle.pay(&transaction, server.clock.now());
    events.iter().for_each(|event| {
        tell(server, event).expect(200);
    });
    events[0]["data"]["id"].as_str().unwrap().to_owned()
}

/// What the overseer has.
pub fn mine(server: &TestServer, overseer: &Overseer) -> Value {
    overseer.call(server, "GET", "/v1/subscriptions/me").send().expect(200).json()
}

/// The tier that the overseer has.
pub fn tier(server: &TestServer, overseer: &Overseer) -> String {
    mine(server, overseer)["tier"].as_str().unwrap().to_owned()
}
