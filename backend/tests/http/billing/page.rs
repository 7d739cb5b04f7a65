//! The dashboard's page about the subscription.

use agentid::clock::rfc3339;
use serde_json::json;

use super::{start, subscribe, tell};
use crate::http::dashboard::{act, is_page, signed_in};
use crate::support::{Overseer, TestServer};

#[test]
fn one_pays_from_the_page() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let browser = signed_in(&server, &overseer);
    let page = browser.get("/usage");
    is_page(&page, 200, &["Your tier is FREE", "Upgrade to BASIC", "Upgrade to PREMIUM", "29.00"]);
    assert!(!page.text.contains("Upgrade to FREE") && !page.text.contains("See and change payments"));
    let pay = |tier: &'static str| act(&browser, "/usage", &[("action", "upgrade"), ("tier", tier)]);
    is_page(&pay("FREE"), 422, &["role=\"alert\""]);
    is_page(&pay("PRO"), 200, &[&format!("href=\"{}/pay/txn_", paddle.url), "Go to the payment"]);
    paddle.fails(&[500, 500, 500]);
    is_page(&pay("PREMIUM"), 502, &["role=\"alert\"", "what you have stays yours"]);
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    is_page(&browser.get("/usage"), 200, &["Your tier is BASIC", "It is paid until", "See and change payments"]);
    is_page(&act(&browser, "/usage", &[("action", "portal")]), 200, &["href=\"https://portal.example/ctm_"]);
    is_page(&pay("PRO"), 200, &["The subscription is changed"]);
    let now = server.clock.now();
    let failed =
        json!({ "status": "past_due", "scheduled_change": { "action": "cancel", "effective_at": rfc3339(now + 99) } });
    tell(&server, &paddle.change(&id, "past_due", &failed, now + 1)).expect(200);
    is_page(&browser.get("/usage"), 200, &["Your tier is PRO", "The last payment has failed", "It ends at"]);
}

#[test]
fn where_nobody_pays_the_page_sells_nothing() {
    let server = TestServer::start();
    let browser = signed_in(&server, &Overseer::register(&server));
    let page = browser.get("/usage");
    is_page(&page, 200, &["Your tier is PREMIUM", "no limit"]);
    assert!(!page.text.contains("Upgrade") && !page.text.contains("payment"), "{page:?}");
}
