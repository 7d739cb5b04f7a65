//! A smaller tier, or the end, with the next period.

use agentid::background::settle_all;
use agentid::cli::demo::paddle::StandIn;
use agentid::clock::rfc3339;
use serde_json::{Value, json};

use super::{mine, start, subscribe, tell, tier, upgrade};
use crate::http::dashboard::{act, is_page, signed_in};
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

const DAY: i64 = 24 * 60 * 60;

fn downgrade(server: &TestServer, overseer: &Overseer, tier: &str) -> Answer {
    let body = json!({ "target_tier": tier });
    overseer.call(server, "POST", "/v1/subscriptions/downgrade").json(&body).send()
}

/// Paddle tells how the subscription is now, a moment later.
fn tell_news(server: &TestServer, paddle: &StandIn, id: &str, more: &Value) {
    server.clock.advance(1);
    tell(server, &paddle.change(id, "updated", more, server.clock.now())).expect(200);
}

/// What changes of the subscription were asked for: the price and when it is paid, or what else.
fn asked(paddle: &StandIn) -> Vec<String> {
    let changes = paddle
        .asked()
        .into_iter()
        .filter(|(method, path, _)| path.starts_with("/subscriptions/") && (method == "PATCH" || method == "POST"));
    let in_short = |(_, path, body): (String, String, Value)| match body.pointer("/items/0/price_id") {
        Some(price) => format!("{} {}", price.as_str().unwrap(), body["proration_billing_mode"].as_str().unwrap()),
        None if path.ends_with("/cancel") => "cancel".to_owned(),
        None => "keep".to_owned(),
    };
    changes.map(in_short).collect()
}

#[test]
fn what_is_paid_for_stays_until_the_period_ends() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    downgrade(&server, &overseer, "BASIC").refused(409, "nothing_paid");
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    let end = mine(&server, &overseer)["period_ends_at"].clone();
    let oversee = |_| {
        server.clock.advance(1);
        let agent = Agent::register(&server);
        overseer.oversee(&server, &agent);
        agent
    };
    let agents: Vec<Agent> = (0..7).map(oversee).collect();
    for (wrong, status, code) in
        [("PRO", 409, "not_a_downgrade"), ("PREMIUM", 409, "not_a_downgrade"), ("SHADOW", 422, "invalid_field")]
    {
        downgrade(&server, &overseer, wrong).refused(status, code);
    }
    assert_eq!(downgrade(&server, &overseer, "BASIC").expect(200).json(), json!({ "effective_at": end }));
    assert_eq!(asked(&paddle), ["pri_basic do_not_bill"]);
    tell_news(&server, &paddle, &id, &json!({}));
    let has = mine(&server, &overseer);
    assert_eq!((&has["tier"], &has["subscription"]["next_tier"]), (&json!("PRO"), &json!("BASIC")));
    // The page and the operator see what goes then: the newest.
    let browser = signed_in(&server, &overseer);
    let page = browser.get("/usage");
    is_page(&page, 200, &["goes on as BASIC", "there is more than the tier allows then"]);
    let listed = |agent: &Agent| page.text.contains(&format!("href=\"/agents/{}\"", agent.id));
    assert_eq!((0..7).filter(|index| listed(&agents[*index])).collect::<Vec<_>>(), [5, 6]);
    let newest = [&agents[6].id, &agents[5].id];
    assert_eq!(mine(&server, &overseer)["going"], json!({ "at": end, "agents": newest, "clients": [] }));
    // Also for what is new.
    overseer.oversee(&server, &Agent::register(&server));
    server.block_on(settle_all(&server.app)).unwrap();
    let overseen = || server.count("oversights", "active = TRUE");
    assert_eq!(overseen(), 8);
    // With the next period it is smaller, and at once what is too much goes: who chose it has agreed.
    server.clock.advance(30 * DAY);
    let now = server.clock.now();
    let period = json!({ "starts_at": rfc3339(now), "ends_at": rfc3339(now + 30 * DAY) });
    tell_news(&server, &paddle, &id, &json!({ "current_billing_period": period }));
    let overseer = overseer.again(&server);
    let has = mine(&server, &overseer);
    assert_eq!((&has["tier"], &has["subscription"]["next_tier"]), (&json!("BASIC"), &Value::Null));
    assert_eq!(overseen(), 5);
}

#[test]
fn until_then_it_is_taken_back_and_nothing_is_paid_twice() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    downgrade(&server, &overseer, "BASIC").expect(200);
    tell_news(&server, &paddle, &id, &json!({}));
    // Back to what is paid for costs nothing, and from there on to more costs the difference to that.
    upgrade(&server, &overseer, "PRO").expect(200);
    tell_news(&server, &paddle, &id, &json!({}));
    assert_eq!(mine(&server, &overseer)["subscription"]["next_tier"], Value::Null);
    upgrade(&server, &overseer, "PRO").refused(409, "not_an_upgrade");
    downgrade(&server, &overseer, "BASIC").expect(200);
    tell_news(&server, &paddle, &id, &json!({}));
    upgrade(&server, &overseer, "PREMIUM").expect(200);
    tell_news(&server, &paddle, &id, &json!({}));
    assert_eq!(tier(&server, &overseer), "PREMIUM");
    assert_eq!(
        asked(&paddle),
        [
            "pri_basic do_not_bill",
            "pri_pro do_not_bill",
            "pri_basic do_not_bill",
            "pri_pro do_not_bill",
            "pri_premium prorated_immediately"
        ]
    );
    // The same with the end.
    let end = downgrade(&server, &overseer, "FREE").expect(200).text_of("effective_at");
    tell_news(&server, &paddle, &id, &json!({}));
    let has = mine(&server, &overseer);
    assert_eq!((&has["tier"], &has["subscription"]["cancels_at"]), (&json!("PREMIUM"), &json!(end)));
    downgrade(&server, &overseer, "FREE").expect(200);
    upgrade(&server, &overseer, "PREMIUM").expect(200);
    tell_news(&server, &paddle, &id, &json!({}));
    assert_eq!(mine(&server, &overseer)["subscription"]["cancels_at"], Value::Null);
    downgrade(&server, &overseer, "FREE").expect(200);
    tell_news(&server, &paddle, &id, &json!({}));
    downgrade(&server, &overseer, "PRO").expect(200);
    tell_news(&server, &paddle, &id, &json!({}));
    assert_eq!(asked(&paddle)[5..], ["cancel", "keep", "cancel", "pri_pro do_not_bill", "keep"]);
    let has = mine(&server, &overseer);
    assert_eq!((&has["tier"], &has["subscription"]["next_tier"]), (&json!("PREMIUM"), &json!("PRO")));
}

/// A payment that fails leaves all as it was: the tier, and what was chosen for the next period.
#[test]
fn what_is_not_paid_changes_nothing() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    downgrade(&server, &overseer, "FREE").expect(200);
    let before = mine(&server, &overseer);
    // It is looked up, and then not paid.
    paddle.fails(&[200, 400]);
    upgrade(&server, &overseer, "PREMIUM").refused(502, "paddle_failed");
    assert_eq!(mine(&server, &overseer), before);
    assert_eq!(asked(&paddle), ["cancel", "pri_premium prorated_immediately"]);
    downgrade(&server, &overseer, "BASIC").expect(200);
    let before = mine(&server, &overseer);
    assert_eq!((&before["tier"], &before["subscription"]["next_tier"]), (&json!("PRO"), &json!("BASIC")));
    // Back to what is paid for, then not paid, then as it was.
    paddle.fails(&[200, 200, 400]);
    upgrade(&server, &overseer, "PREMIUM").refused(502, "paddle_failed");
    let last = ["pri_pro do_not_bill", "pri_premium prorated_immediately", "pri_basic do_not_bill"];
    assert_eq!(asked(&paddle)[4..], last);
    tell_news(&server, &paddle, &id, &json!({}));
    assert_eq!(mine(&server, &overseer), before);
}

/// Paddle takes no change but the end then.
#[test]
fn while_a_payment_is_due_only_the_end_is_chosen() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    tell_news(&server, &paddle, &id, &json!({ "status": "past_due" }));
    upgrade(&server, &overseer, "PREMIUM").refused(409, "subscription_stands");
    downgrade(&server, &overseer, "BASIC").refused(409, "subscription_stands");
    let browser = signed_in(&server, &overseer);
    let page = browser.get("/usage");
    is_page(&page, 200, &["The last payment has failed", "End the subscription"]);
    assert!(!["Upgrade to", "Change to", "It is paid until"].iter().any(|text| page.text.contains(text)), "{page:?}");
    downgrade(&server, &overseer, "FREE").expect(200);
    assert!(mine(&server, &overseer)["subscription"]["cancels_at"].is_string());
}

/// Where nobody pays, a period is a month.
#[test]
fn what_is_marked_goes_with_the_month_where_nobody_is_limited() {
    let server = TestServer::start();
    let (overseer, other) = (Overseer::register(&server), Overseer::register(&server));
    let agents: Vec<Agent> = (0..3).map(|_| Agent::register(&server)).collect();
    agents[..2].iter().for_each(|agent| overseer.oversee(&server, agent));
    other.oversee(&server, &agents[2]);
    let path = format!("/v1/overseers/me/agents/{}/cancellation", agents[0].id);
    overseer.call(&server, "PUT", &path).json(&json!({ "marked_for_cancellation": true })).send().expect(200);
    let settle = || server.block_on(settle_all(&server.app)).unwrap();
    let overseen = || server.count("oversights", "active = TRUE");
    settle();
    server.clock.advance(6 * DAY);
    settle();
    assert_eq!(overseen(), 3);
    server.clock.advance(DAY);
    settle();
    assert_eq!(overseen(), 2);
    assert_eq!(server.count("oversights", &format!("agent_id = '{}' AND active = TRUE", agents[0].id)), 0);
}

/// What was not told would make a smaller tier of a larger one.
#[test]
fn what_is_known_is_compared_before_it_is_changed() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    let premium = json!({ "items": [{ "price": { "id": "pri_premium" } }] });
    paddle.change(&id, "updated", &premium, server.clock.now() + 1);
    upgrade(&server, &overseer, "PRO").refused(409, "conflict");
    assert_eq!(asked(&paddle), Vec::<String>::new());
    assert_eq!(tier(&server, &overseer), "PREMIUM");
    paddle.fails(&[500, 500, 500]);
    downgrade(&server, &overseer, "PRO").refused(502, "paddle_failed");
    downgrade(&server, &overseer, "PRO").expect(200);
}

/// Who asks again is sent to the same payment, so that two tabs are not two subscriptions.
#[test]
fn a_payment_is_begun_once_a_day() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let begun = upgrade(&server, &overseer, "PRO").expect(200).json();
    assert_eq!(upgrade(&server, &overseer, "PRO").expect(200).json(), begun);
    assert_ne!(upgrade(&server, &overseer, "BASIC").expect(200).json(), begun);
    assert_ne!(upgrade(&server, &Overseer::register(&server), "PRO").expect(200).json(), begun);
    server.clock.advance(24 * 60 * 60 - 1);
    let overseer = overseer.again(&server);
    assert_eq!(upgrade(&server, &overseer, "PRO").expect(200).json(), begun);
    server.clock.advance(1);
    let overseer = overseer.again(&server);
    let next = upgrade(&server, &overseer, "PRO").expect(200);
    assert_ne!(next.json(), begun);
    // Both are paid nevertheless: one counts, and the page says so.
    for transaction in [begun["transaction_id"].as_str().unwrap(), &next.text_of("transaction_id")] {
        for event in paddle.pay(transaction, server.clock.now()) {
            tell(&server, &event).expect(200);
        }
    }
    let browser = signed_in(&server, &overseer);
    is_page(&browser.get("/usage"), 200, &["Your tier is PRO", "You pay for more than one subscription"]);
}

#[test]
fn the_page_has_it_too() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let browser = signed_in(&server, &overseer);
    let send =
        |action: &'static str, tier: &'static str| act(&browser, "/usage", &[("action", action), ("tier", tier)]);
    is_page(&send("downgrade", "BASIC"), 409, &["role=\"alert\""]);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    let page = browser.get("/usage");
    is_page(&page, 200, &["Change to BASIC", "End the subscription"]);
    assert!(!page.text.contains("Keep PRO") && !page.text.contains("Change to PRO"));
    is_page(&send("downgrade", "BASIC"), 200, &["Until the period ends, nothing changes"]);
    tell_news(&server, &paddle, &id, &json!({}));
    let page = browser.get("/usage");
    is_page(&page, 200, &["Your tier is PRO", "goes on as BASIC", "Keep PRO"]);
    assert!(!page.text.contains("Change to BASIC"));
    is_page(&send("upgrade", "PRO"), 200, &["The subscription is changed"]);
    is_page(&send("downgrade", "FREE"), 200, &["Until the period ends, nothing changes"]);
    tell_news(&server, &paddle, &id, &json!({}));
    let page = browser.get("/usage");
    is_page(&page, 200, &["It ends at", "Keep PRO"]);
    assert!(!page.text.contains("End the subscription"));
}

/// Those that may go first are chosen on their pages.
#[test]
fn what_goes_with_the_period_is_marked_on_the_pages() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    let agent = Agent::register(&server);
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    let browser = signed_in(&server, &overseer);
    for (path, table, id) in [
        (format!("/agents/{}", agent.id), "oversights", format!("agent_id = '{}'", agent.id)),
        (format!("/clients/{}", client.id), "oauth_clients", format!("id = '{}'", client.id)),
    ] {
        let marked = || server.count(table, &format!("{id} AND marked_for_cancellation = TRUE"));
        let send = |action: &'static str| act(&browser, &path, &[("action", action)]);
        assert!(browser.get(&path).text.contains("with the period"), "{path}");
        send("mark").expect(303);
        assert_eq!(marked(), 1);
        is_page(&browser.get(&path), 200, &["when the billing period ends", "Keep it"]);
        send("unmark").expect(303);
        assert_eq!(marked(), 0);
    }
}
