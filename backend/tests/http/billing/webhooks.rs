//! What Paddle tells: who may tell it, that it is kept, and that it is applied once.

use agentid::cli::demo::paddle::{WEBHOOK_SECRET, signed_with};
use agentid::config::SecretText;
use serde_json::{Value, json};

use super::{mine, start, subscribe, tell, tier, upgrade, with};
use crate::support::{Answer, Overseer, TestServer};

fn send(server: &TestServer, signature: Option<&str>, body: &str) -> Answer {
    let call = server.post("/v1/webhooks/paddle").bytes(body);
    signature.into_iter().fold(call, |call, signature| call.header("paddle-signature", signature)).send()
}

fn event(id: &str, kind: &str) -> Value {
    json!({ "event_id": id, "event_type": kind, "occurred_at": "2026-11-24T06:00:00.000000Z", "data": {} })
}

#[test]
fn only_paddle_tells() {
    let (server, _) = start();
    let body = event("evt_1", "customer.created").to_string();
    let now = server.clock.now();
    let good = signed_with(WEBHOOK_SECRET, &body, now);
    send(&server, None, &body).refused(400, "signature_missing");
    let hex = good.split("h1=").nth(1).unwrap();
    for wrong in [
        String::new(),
        "ts=1;h1=00".to_owned(),
        format!("h1={hex}"),
        format!("ts={now};h1={}", "0".repeat(64)),
        format!("ts={};h1={hex}", now + 1),
        format!("ts={now};ts={now};h1={hex}"),
        format!("ts={now};h1={}", &hex[..62]),
        format!("ts={now};h2={hex}"),
        signed_with("another secret", &body, now),
        signed_with(WEBHOOK_SECRET, &body, now - 6),
        signed_with(WEBHOOK_SECRET, &body, now + 6),
        signed_with(WEBHOOK_SECRET, &format!("{body} "), now),
        signed_with(WEBHOOK_SECRET, &body, i64::MIN),
    ] {
        send(&server, Some(&wrong), &body).refused(401, "wrong_signature");
    }
    assert_eq!(server.count("billing_events", "TRUE"), 0);
    // While a secret is replaced there are several signatures.
    let several = format!("ts={now};h1={};h1={hex}", "0".repeat(64));
    for (right, body) in [(&several, &body), (&signed_with(WEBHOOK_SECRET, &body, now - 5), &body)] {
        send(&server, Some(right), body).expect(200);
    }
    assert_eq!(server.count("billing_events", "applied_at IS NOT NULL"), 1);
    // Signed, and no event.
    for body in ["", "[]", "{}", "\u{0}", r#"{"event_id":"evt_2","event_type":"x","occurred_at":"today","data":{}}"#] {
        send(&server, Some(&signed_with(WEBHOOK_SECRET, body, now)), body).refused(400, "malformed_json");
    }
    // One that says that it is too large is not waited for; the largest that is taken is.
    for (length, status) in [(256 * 1024 + 1, 413), (256 * 1024, 401)] {
        let lines = [&format!("content-length: {length}"), "paddle-signature: ts=1;h1=0", "connection: close"];
        let mut raw = server.connect();
        raw.send(server.head("POST", "/v1/webhooks/paddle", &lines));
        if status == 401 {
            raw.send("x".repeat(length));
        }
        assert_eq!(raw.status(), status);
    }
}

#[test]
fn a_secret_is_replaced_without_a_gap() {
    let (server, _) = with(|config| config.paddle.webhook_secrets = SecretText::new("new, old"));
    let body = event("evt_1", "customer.created").to_string();
    for (secret, status) in [("new", 200), ("old", 200), ("older", 401), ("new, old", 401)] {
        let signature = signed_with(secret, &body, server.clock.now());
        send(&server, Some(&signature), &body).expect(status);
    }
}

#[test]
fn without_paddle_there_is_no_such_address() {
    let server = TestServer::start();
    let body = event("evt_1", "customer.created").to_string();
    let signature = signed_with("", &body, server.clock.now());
    send(&server, Some(&signature), &body).refused(404, "not_found");
    upgrade(&server, &Overseer::register(&server), "PRO").refused(409, "no_billing");
}

#[test]
fn an_event_is_applied_once_and_kept() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    assert_eq!(tier(&server, &overseer), "FREE");
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    assert_eq!(tier(&server, &overseer), "PRO");
    // Told again, it changes nothing.
    let canceled = paddle.change(
        &id,
        "canceled",
        &json!({ "status": "canceled", "current_billing_period": null }),
        server.clock.now() + 1,
    );
    tell(&server, &canceled).expect(200);
    assert_eq!(tier(&server, &overseer), "FREE");
    let before = server.count("billing_events", "TRUE");
    tell(&server, &canceled).expect(200);
    assert_eq!(server.count("billing_events", "TRUE"), before);
    // What is new to us is kept, and answered.
    tell(&server, &event("evt_x", "report.created")).expect(200);
    assert_eq!(server.count("billing_events", "id = 'evt_x' AND applied_at IS NOT NULL"), 1);
}

#[test]
fn what_can_not_be_applied_is_kept_and_told_again() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let transaction = upgrade(&server, &overseer, "BASIC").expect(200).text_of("transaction_id");
    let mut created = paddle.pay(&transaction, server.clock.now()).remove(0);
    let status = created["data"]["status"].take();
    created["data"]["status"] = json!("a new word");
    // The database takes no status that it does not know.
    tell(&server, &created).refused(500, "internal_error");
    let broken = json!({ "event_id": "evt_b", "event_type": "subscription.updated", "occurred_at": "2026-11-24T06:00:00Z", "data": 1 });
    tell(&server, &broken).refused(500, "internal_error");
    tell(&server, &broken).refused(500, "internal_error");
    assert_eq!(server.count("billing_events", "applied_at IS NULL"), 2);
    assert_eq!(tier(&server, &overseer), "FREE");
    created["data"]["status"] = status;
    created["event_id"] = json!("evt_c");
    tell(&server, &created).expect(200);
    assert_eq!(mine(&server, &overseer)["tier"], "BASIC");
}
