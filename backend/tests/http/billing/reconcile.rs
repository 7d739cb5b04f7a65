//! What Paddle has not told is looked up.

use serde_json::json;

use super::shadow_claims::{agreed, checkout};
use super::{start, subscribe, tell, tier, upgrade};
use crate::support::{Agent, Overseer, TestServer};

/// Looks everything up: payments and subscriptions that had news, and those that could not be looked up.
fn reconcile(server: &TestServer) -> (usize, usize) {
    let report = server.block_on(server.app.reconciler().unwrap().run()).unwrap();
    (report.changed, report.failed)
}

#[test]
fn a_payment_that_was_not_told_is_found() {
    let (server, paddle) = start();
    let (overseer, idle) = (Overseer::register(&server), Overseer::register(&server));
    upgrade(&server, &idle, "BASIC").expect(200);
    let transaction = upgrade(&server, &overseer, "PRO").expect(200).text_of("transaction_id");
    assert_eq!(reconcile(&server), (0, 0));
    let events = paddle.pay(&transaction, server.clock.now());
    assert_eq!(tier(&server, &overseer), "FREE");
    // The payment and its subscription; once.
    assert_eq!(reconcile(&server), (2, 0));
    assert_eq!((tier(&server, &overseer), tier(&server, &idle)), ("PRO".to_owned(), "FREE".to_owned()));
    assert_eq!(reconcile(&server), (0, 0));
    // What is told late changes nothing any more.
    events.iter().for_each(|event| {
        tell(&server, event).expect(200);
    });
    assert_eq!(tier(&server, &overseer), "PRO");
}

/// The payment is found, and its subscription can not be looked up just then.
#[test]
fn half_of_a_payment_is_not_noted() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let transaction = upgrade(&server, &overseer, "PRO").expect(200).text_of("transaction_id");
    let events = paddle.pay(&transaction, server.clock.now());
    // The first call is answered as it should be.
    paddle.fails(&[200, 503, 503, 503]);
    let (_, failed) = reconcile(&server);
    assert_eq!((failed, tier(&server, &overseer).as_str()), (1, "FREE"));
    assert_eq!(reconcile(&server), (2, 0));
    assert_eq!(tier(&server, &overseer), "PRO");
    // The payment was told, and its subscription never: it is found, too.
    let other = Overseer::register(&server);
    let transaction = upgrade(&server, &other, "PRO").expect(200).text_of("transaction_id");
    tell(&server, &paddle.pay(&transaction, server.clock.now())[1]).expect(200);
    assert_eq!(tier(&server, &other), "FREE");
    reconcile(&server);
    assert_eq!(tier(&server, &other), "PRO");
    drop(events);
}

/// What was told last happened a little later than what Paddle says of its last change.
#[test]
fn what_paddle_says_now_counts_whatever_was_told() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    let now = server.clock.now();
    tell(&server, &paddle.change(&id, "updated", &json!({}), now + 600)).expect(200);
    paddle.change(&id, "canceled", &json!({ "status": "canceled", "current_billing_period": null }), now + 300);
    assert_eq!(reconcile(&server), (1, 0));
    assert_eq!(tier(&server, &overseer), "FREE");
}

#[test]
fn a_change_that_was_not_told_is_found() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    assert_eq!(reconcile(&server), (0, 0));
    let now = server.clock.now() + 60;
    let ended = json!({ "status": "canceled", "current_billing_period": null });
    let lost = paddle.change(&id, "canceled", &ended, now);
    // While Paddle is away, nothing is taken from anybody.
    paddle.fails(&[503, 503, 503]);
    assert_eq!(reconcile(&server), (0, 1));
    assert_eq!(tier(&server, &overseer), "PRO");
    assert_eq!(reconcile(&server), (1, 0));
    assert_eq!(tier(&server, &overseer), "FREE");
    tell(&server, &lost).expect(200);
    assert_eq!(tier(&server, &overseer), "FREE");
}

/// Such as after the sandbox was tried.
#[test]
fn what_paddle_does_not_know_holds_nothing_up() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    subscribe(&server, &paddle, &overseer, "PRO");
    upgrade(&server, &Overseer::register(&server), "BASIC").expect(200);
    paddle.fails(&[404, 404]);
    assert_eq!(reconcile(&server), (0, 0));
    assert_eq!(tier(&server, &overseer), "PRO");
    // Strangers begin shadow claims: that they can not be looked up is no reason to wait.
    let agent = Agent::register(&server);
    checkout(&server, &agreed(&server, &agent)).expect(200);
    paddle.fails(&[200, 200, 500, 500, 500]);
    let report = server.block_on(server.app.reconciler().unwrap().run()).unwrap();
    assert_eq!((report.failed, report.failed_shadows), (1, 1));
}

/// Somebody has begun to pay, deleted the account, and paid.
#[test]
fn a_payment_for_an_account_that_is_gone_is_to_be_given_back() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let transaction = upgrade(&server, &overseer, "PRO").expect(200).text_of("transaction_id");
    let body = json!({ "password": crate::support::overseer::PASSWORD });
    overseer.call(&server, "DELETE", "/v1/overseers/me").json(&body).send().expect(200);
    for event in paddle.pay(&transaction, server.clock.now()) {
        tell(&server, &event).expect(200);
    }
    let condition = format!("transaction_id = '{transaction}' AND refund_due = 'account_gone'");
    assert_eq!(server.count("checkouts", &condition), 1);
    // What was used before the account went is not given back.
    let other = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &other, "PRO");
    let ends = json!({ "scheduled_change": { "action": "cancel", "effective_at": "2026-12-24T06:00:00Z" } });
    tell(&server, &paddle.change(&id, "updated", &ends, server.clock.now() + 1)).expect(200);
    other.call(&server, "DELETE", "/v1/overseers/me").json(&body).send().expect(200);
    tell(&server, &paddle.change(&id, "canceled", &json!({ "status": "canceled" }), server.clock.now() + 2))
        .expect(200);
    assert_eq!(server.count("checkouts", "refund_due IS NOT NULL"), 1);
}
