//! Paying for a larger tier.

use agentid::cli::demo::paddle::{HANGS, HANGS_UP};
use agentid::clock::rfc3339;
use serde_json::{Value, json};

use super::{mine, start, subscribe, tell, tier, upgrade, with};
use crate::support::{Agent, Mailbox, Overseer};

#[test]
fn the_tiers_are_public() {
    let (server, _) = start();
    let tiers = server.get("/v1/subscriptions/tiers").send().expect(200).get("tiers");
    let names: Vec<&str> = tiers.as_array().unwrap().iter().map(|tier| tier["tier"].as_str().unwrap()).collect();
    assert_eq!(names, ["FREE", "BASIC", "PRO", "PREMIUM"]);
    assert_eq!(
        (&tiers[0]["max_agents"], &tiers[3]["max_agents"], &tiers[1]["price"]),
        (&json!(1), &Value::Null, &json!(900))
    );
}

#[test]
fn a_payment_is_begun_at_paddle_and_the_tier_comes_with_what_it_tells() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    for wrong in ["FREE", "SHADOW", "pro", ""] {
        upgrade(&server, &overseer, wrong).refused(422, "invalid_field");
    }
    let begun = upgrade(&server, &overseer, "PRO").expect(200);
    let transaction = begun.text_of("transaction_id");
    assert_eq!(begun.text_of("checkout_url"), format!("{}/pay/{transaction}", paddle.url));
    assert_eq!(tier(&server, &overseer), "FREE");
    let asked = paddle.asked();
    assert_eq!(
        asked.iter().map(|(method, path, _)| format!("{method} {path}")).collect::<Vec<_>>(),
        ["POST /customers", "POST /transactions"]
    );
    assert_eq!(
        asked[0].2,
        json!({ "email": overseer.email, "name": "Test Overseer", "custom_data": { "overseer_id": overseer.id } })
    );
    assert_eq!(asked[1].2["items"], json!([{ "price_id": "pri_pro", "quantity": 1 }]));
    let now = server.clock.now();
    paddle.pay(&transaction, now).iter().for_each(|event| {
        tell(&server, event).expect(200);
    });
    let has = mine(&server, &overseer);
    assert_eq!((&has["tier"], &has["max_agents"]), (&json!("PRO"), &json!(25)));
    assert_eq!(has["period_ends_at"], rfc3339(now + 30 * 24 * 60 * 60));
    assert_eq!((&has["subscription"]["status"], &has["subscription"]["cancels_at"]), (&json!("active"), &Value::Null));
    let condition =
        format!("id = '{}' AND paddle_subscription_id IS NOT NULL AND paddle_customer_id IS NOT NULL", overseer.id);
    assert_eq!(server.count("overseers", &condition), 1);
    // From then on the subscription is changed, and paid as it was.
    upgrade(&server, &overseer, "PRO").refused(409, "not_an_upgrade");
    upgrade(&server, &overseer, "BASIC").refused(409, "not_an_upgrade");
    let changed = upgrade(&server, &overseer, "PREMIUM").expect(200);
    assert_eq!(changed.json(), json!({ "checkout_url": null, "transaction_id": null }));
    let (method, path, body) = paddle.asked().pop().unwrap();
    assert_eq!(
        (method.as_str(), path),
        ("PATCH", format!("/subscriptions/{}", has["subscription"]["id"].as_str().unwrap()))
    );
    assert_eq!(body["items"][0]["price_id"], "pri_premium");
    // What Paddle has answered counts, and stays so when it is told.
    assert_eq!(tier(&server, &overseer), "PREMIUM");
    tell(&server, &paddle.change(&paddle.subscriptions()[0], "updated", &json!({}), now + 60)).expect(200);
    assert_eq!(tier(&server, &overseer), "PREMIUM");
}

#[test]
fn a_subscription_is_whose_checkout_it_came_from() {
    let (server, paddle) = start();
    let (overseer, other) = (Overseer::register(&server), Overseer::register(&server));
    let transaction = upgrade(&server, &overseer, "PRO").expect(200).text_of("transaction_id");
    let mut events = paddle.pay(&transaction, server.clock.now());
    // What a payer says of themselves counts for nothing.
    for event in &mut events {
        event["data"]["custom_data"] = json!({ "overseer_id": other.id });
        tell(&server, event).expect(200);
    }
    assert_eq!((tier(&server, &overseer), tier(&server, &other)), ("PRO".to_owned(), "FREE".to_owned()));
    // A payment that was not begun here is nobody's.
    let mut foreign = events.clone();
    for (number, event) in foreign.iter_mut().enumerate() {
        let text = event.to_string().replace(&transaction, "txn_elsewhere");
        *event =
            serde_json::from_str(&text.replace(events[0]["data"]["id"].as_str().unwrap(), "sub_elsewhere")).unwrap();
        event["event_id"] = json!(format!("evt_elsewhere{number}"));
        tell(&server, event).expect(200);
    }
    assert_eq!(tier(&server, &other), "FREE");
    assert_eq!(server.count("subscriptions", "overseer_id IS NULL"), 1);
}

#[test]
fn a_failed_payment_keeps_the_tier_for_a_while() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    // The period is over, and nothing was told: nothing is taken away.
    server.clock.advance(31 * 24 * 60 * 60);
    let overseer = overseer.again(&server);
    assert_eq!(tier(&server, &overseer), "BASIC");
    let now = server.clock.now();
    let period = json!({ "starts_at": rfc3339(now), "ends_at": rfc3339(now + 30 * 24 * 60 * 60) });
    tell(
        &server,
        &paddle.change(&id, "past_due", &json!({ "status": "past_due", "current_billing_period": period }), now),
    )
    .expect(200);
    server.clock.advance(14 * 24 * 60 * 60 - 1);
    let overseer = overseer.again(&server);
    assert_eq!(mine(&server, &overseer)["subscription"]["status"], "past_due");
    server.clock.advance(1);
    assert_eq!(tier(&server, &overseer), "FREE");
    // It stands still: a second one would be paid for nothing.
    upgrade(&server, &overseer, "PRO").refused(409, "subscription_stands");
    // It is paid after all.
    tell(&server, &paddle.change(&id, "updated", &json!({ "status": "active" }), server.clock.now())).expect(200);
    assert_eq!(tier(&server, &overseer), "BASIC");
    tell(
        &server,
        &paddle.change(
            &id,
            "paused",
            &json!({ "status": "paused", "current_billing_period": null }),
            server.clock.now() + 1,
        ),
    )
    .expect(200);
    assert_eq!(tier(&server, &overseer), "FREE");
}

#[test]
fn paddle_may_fail() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    // What passes is tried again; what stays is said, and takes nothing away.
    paddle.fails(&[503, 429]);
    upgrade(&server, &overseer, "PRO").expect(200);
    paddle.fails(&[HANGS_UP, 500, 503]);
    upgrade(&server, &overseer, "BASIC").refused(502, "paddle_failed");
    paddle.fails(&[403]);
    let before = paddle.asked().len();
    upgrade(&server, &overseer, "BASIC").refused(502, "paddle_failed");
    assert_eq!(paddle.asked().len(), before + 1);
    subscribe(&server, &paddle, &overseer, "PRO");
    paddle.fails(&[500, 500, 500]);
    upgrade(&server, &overseer, "PREMIUM").refused(502, "paddle_failed");
    assert_eq!(tier(&server, &overseer), "PRO");
}

/// Whoever pays waits, and nobody else.
#[test]
fn paddle_may_never_answer() {
    let (server, paddle) = start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    paddle.fails(&[HANGS]);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| upgrade(&server, &overseer, "PRO"));
        while paddle.asked().is_empty() {
            std::thread::yield_now();
        }
        agent.token(&server, &[]).expect(200);
        assert_eq!(tier(&server, &overseer), "FREE");
        assert!(!waits.is_finished());
        // It is asked again, and answers.
        waits.join().unwrap().expect(200);
    });
}

#[test]
fn another_s_customer_is_not_paid_as() {
    let mailbox = Mailbox::start();
    let (server, paddle) = with(|config| mailbox.put_into(config));
    let overseer = Overseer::register(&server);
    // Only whoever reads what is sent to the address can pay.
    upgrade(&server, &overseer, "PRO").refused(403, "email_unconfirmed");
    let token = mailbox.one(&server, &overseer.email).token("confirm-email");
    overseer
        .call(&server, "PUT", "/v1/overseers/me/email/confirmation")
        .json(&json!({ "token": token }))
        .send()
        .expect(200);
    upgrade(&server, &overseer, "PRO").expect(200);
    let customer = |asked: &[(String, String, Value)]| asked.last().unwrap().2["customer_id"].clone();
    let own = customer(&paddle.asked());
    assert!(own.is_string());
    // Begun again, it is the same customer.
    upgrade(&server, &overseer, "BASIC").expect(200);
    assert_eq!(customer(&paddle.asked()), own);
    // Without mail nobody knows whose an address is: a customer that was made for somebody else is not taken.
    let (server, paddle) = start();
    let first = Overseer::register(&server);
    upgrade(&server, &first, "PRO").expect(200);
    server.execute(&format!("UPDATE overseers SET email = 'elsewhere@example.org' WHERE id = '{}'", first.id));
    let second = json!({ "name": "Second", "email": first.email, "password": crate::support::overseer::PASSWORD });
    let answer = server.post("/v1/overseers/register").json(&second).send().expect(201);
    let second = Overseer {
        id: answer.get("overseer")["id"].as_str().unwrap().to_owned(),
        email: first.email.clone(),
        session: answer.text_of("session_id"),
    };
    upgrade(&server, &second, "PRO").expect(200);
    assert_eq!(customer(&paddle.asked()), Value::Null);
    upgrade(&server, &first, "PRO").expect(200);
}

#[test]
fn the_portal_is_for_whoever_has_paid() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let portal = |overseer: &Overseer| overseer.call(&server, "POST", "/v1/subscriptions/portal").send();
    portal(&overseer).refused(409, "nothing_paid");
    upgrade(&server, &overseer, "PRO").expect(200);
    portal(&overseer).refused(409, "nothing_paid");
    subscribe(&server, &paddle, &overseer, "PRO");
    let address = portal(&overseer).expect(200).text_of("url");
    let condition =
        format!("id = '{}' AND paddle_customer_id = '{}'", overseer.id, address.rsplit('/').next().unwrap());
    assert_eq!(server.count("overseers", &condition), 1);
    let other = Overseer::register(&server);
    portal(&other).refused(409, "nothing_paid");
    // Whoever says another's address in the checkout pays as them there, and is not let in as them here.
    let transaction = upgrade(&server, &other, "PRO").expect(200).text_of("transaction_id");
    for mut event in paddle.pay(&transaction, server.clock.now()) {
        event["data"]["customer_id"] = json!(address.rsplit('/').next().unwrap());
        tell(&server, &event).expect(200);
    }
    assert_eq!(tier(&server, &other), "PRO");
    assert_ne!(portal(&other).expect(200).text_of("url"), address);
}
