//! Shadow claims: somebody without an account pays once, and an agent's limits are lifted for thirty days.

use agentid::background::purge_expired;
use agentid::cli::demo::paddle::StandIn;
use agentid::clock::rfc3339;
use agentid::random::Random;
use serde_json::{Value, json};

use super::{start, subscribe, tell, with};
use crate::support::{Agent, Answer, Overseer, TestServer};

const DAY: i64 = 24 * 60 * 60;

fn initiate(server: &TestServer, agent: &Agent) -> Answer {
    server.post(&format!("/v1/agents/malice/{}", agent.id)).send()
}

fn answer(server: &TestServer, agent: &Agent, claim: &Answer, accept: bool) -> Answer {
    let body = json!({ "overseer_id": claim.text_of("shadow_overseer_id"), "accept": accept });
    let path = format!("/v1/agents/claim/complete/{}", claim.text_of("challenge_id"));
    agent.proven(server, "POST", &path).json(&body).send()
}

/// A claim that the agent agreed to.
pub fn agreed(server: &TestServer, agent: &Agent) -> Answer {
    let claim = initiate(server, agent).expect(200);
    answer(server, agent, &claim, true).expect(200);
    claim
}

fn status(server: &TestServer, claim: &Answer) -> String {
    let path = format!("/v1/agents/malice/status/{}", claim.text_of("challenge_id"));
    server.get(&path).send().expect(200).text_of("status")
}

/// Where a claim is paid.
pub fn checkout(server: &TestServer, claim: &Answer) -> Answer {
    server.post(&format!("/v1/agents/malice/checkout/{}", claim.text_of("challenge_id"))).send()
}

/// Somebody pays, and Paddle tells of it; the payment's id.
fn pay(server: &TestServer, paddle: &StandIn, claim: &Answer) -> String {
    let transaction = checkout(server, claim).expect(200).text_of("transaction_id");
    for event in paddle.pay(&transaction, server.clock.now()) {
        tell(server, &event).expect(200);
    }
    transaction
}

/// Who answers for the agent, or pays for it, as it sees that.
pub fn overseer(server: &TestServer, agent: &Agent) -> Value {
    agent.proven(server, "GET", "/v1/agents/me/overseer").send().expect(200).get("overseer")
}

fn hint(server: &TestServer, agent: &Agent) -> Value {
    agent.proven(server, "GET", "/v1/agents/me").send().expect(200).json()["hint"].clone()
}

/// Another client of the agent's: FREE has room for two, SHADOW for ten.
fn another_client(server: &TestServer, agent: &Agent) -> Answer {
    let body = json!({ "name": "x", "redirect_uris": ["https://app.example/callback"] });
    agent.proven(server, "POST", "/v1/clients/register/agent").json(&body).send()
}

fn refund_due(server: &TestServer, transaction: &str) -> i64 {
    server.count("checkouts", &format!("transaction_id = '{transaction}' AND refund_due IS NOT NULL"))
}

#[test]
fn a_payment_lifts_an_agents_limits_for_thirty_days() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    let claim = initiate(&server, &agent).expect(200);
    claim.has_members("", &["challenge_id", "challenge_url", "shadow_overseer_id", "expires_at"]);
    let (id, shadow) = (claim.text_of("challenge_id"), claim.text_of("shadow_overseer_id"));
    assert_eq!(shadow.as_bytes()[14], b'8', "{shadow}");
    assert_eq!(claim.text_of("expires_at"), rfc3339(server.clock.now() + 60 * 60));
    assert_eq!(claim.text_of("challenge_url"), format!("{}/v1/agents/claim/complete/{id}", server.url));
    let shown = server.get(&format!("/v1/agents/malice/status/{id}")).send().expect(200);
    let expires_at = claim.text_of("expires_at");
    let stands = |status: &str| json!({ "status": status, "agent_id": agent.id, "shadow_overseer_id": shadow, "expires_at": expires_at });
    assert_eq!(shown.json(), stands("initiated"));
    checkout(&server, &claim).refused(409, "not_agreed");
    let agrees = answer(&server, &agent, &claim, true).expect(200);
    assert_eq!(agrees.json(), json!({ "success": true, "status": "awaiting-payment", "oversight": null }));
    answer(&server, &agent, &claim, true).refused(409, "challenge_used");
    assert_eq!(status(&server, &claim), "awaiting-payment");
    assert_eq!(overseer(&server, &agent), Value::Null);
    another_client(&server, &agent).expect(201);
    another_client(&server, &agent).expect(201);
    another_client(&server, &agent).refused(403, "client_limit");

    let begun = checkout(&server, &claim).expect(200);
    let transaction = begun.text_of("transaction_id");
    assert_eq!(begun.text_of("checkout_url"), format!("{}/pay/{transaction}", paddle.url));
    // Asked again, it is the same payment.
    assert_eq!(checkout(&server, &claim).expect(200).json(), begun.json());
    let (_, _, asked) = paddle.asked().pop().unwrap();
    assert_eq!(asked["items"], json!([{ "price_id": "pri_shadow", "quantity": 1 }]));
    let now = server.clock.now();
    assert_eq!(pay(&server, &paddle, &claim), transaction);
    assert_eq!(server.get(&format!("/v1/agents/malice/status/{id}")).send().json(), stands("completed"));
    checkout(&server, &claim).refused(409, "challenge_used");
    assert_eq!(
        overseer(&server, &agent),
        json!({ "id": shadow, "name": "Shadow overseer", "since": rfc3339(now), "shadow": true, "until": rfc3339(now + 30 * DAY) })
    );
    another_client(&server, &agent).expect(201);
    // Nobody answers for it.
    let token = agent.access_token(&server);
    assert_eq!(agent.introspect(&server, &token).expect(200).get("overseen"), false);
    // What it lifts, it lifts for this agent alone.
    assert_eq!(overseer(&server, &Agent::register(&server)), Value::Null);
}

#[test]
fn after_thirty_days_the_limits_hold_again_and_the_agent_knows() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    assert_eq!(hint(&server, &agent), Value::Null);
    let claim = agreed(&server, &agent);
    pay(&server, &paddle, &claim);
    for _ in 0..2 {
        another_client(&server, &agent).expect(201);
    }
    let end = server.clock.now() + 30 * DAY;
    server.clock.advance(23 * DAY - 1);
    assert_eq!(hint(&server, &agent), Value::Null);
    server.clock.advance(1);
    let address = format!("{}/malice/{}", server.url, agent.id);
    let renew = format!("Whoever wants to pay can do so at {address}.");
    assert_eq!(hint(&server, &agent), format!("The limits are lifted until {}. {renew}", rfc3339(end)));
    server.clock.advance(7 * DAY - 1);
    another_client(&server, &agent).expect(201);
    server.clock.advance(1);
    another_client(&server, &agent).refused(403, "client_limit");
    assert_eq!(overseer(&server, &agent), Value::Null);
    let over = format!("The limits were lifted until {}, and hold again. {renew}", rfc3339(end));
    assert_eq!(hint(&server, &agent), over);
    server.block_on(purge_expired(&server.app)).unwrap();
    assert_eq!(server.count("oversights", "active = TRUE"), 0);
    assert_eq!((overseer(&server, &agent), hint(&server, &agent)), (Value::Null, json!(over)));
    server.clock.advance(30 * DAY + 1);
    assert_eq!(hint(&server, &agent), Value::Null);
}

#[test]
fn a_second_payment_adds_thirty_days_with_the_same_id_also_under_another_secret() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    let first = agreed(&server, &agent);
    pay(&server, &paddle, &first);
    let paid = server.clock.now();
    let _lock = server.app.secrets.rotate_file(Random::system()).unwrap();
    // The secret makes the id of an agent that has none yet, and each agent's is another.
    let other = initiate(&server, &Agent::register(&server)).expect(200).text_of("shadow_overseer_id");
    let shadow = first.text_of("shadow_overseer_id");
    assert_ne!(shadow, other);
    server.clock.advance(20 * DAY);
    let second = agreed(&server, &agent);
    assert_eq!(second.text_of("shadow_overseer_id"), shadow);
    pay(&server, &paddle, &second);
    let has = overseer(&server, &agent);
    assert_eq!((&has["id"], &has["until"]), (&json!(shadow), &json!(rfc3339(paid + 60 * DAY))));
    assert_eq!(has["since"], rfc3339(paid));
    // Once it is over, thirty days begin anew.
    server.clock.advance(50 * DAY);
    server.block_on(purge_expired(&server.app)).unwrap();
    let third = agreed(&server, &agent);
    assert_eq!(third.text_of("shadow_overseer_id"), shadow);
    pay(&server, &paddle, &third);
    assert_eq!(overseer(&server, &agent)["until"], rfc3339(server.clock.now() + 30 * DAY));
    assert_eq!(server.count("oversights", &format!("agent_id = '{}'", agent.id)), 1);
}

#[test]
fn an_overseer_takes_the_place_of_a_shadow_and_a_payment_for_nothing_is_to_be_given_back() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    pay(&server, &paddle, &agreed(&server, &agent));
    let late = agreed(&server, &agent);
    let transaction = checkout(&server, &late).expect(200).text_of("transaction_id");
    let real = Overseer::register(&server);
    real.oversee(&server, &agent);
    assert_eq!(
        (&overseer(&server, &agent)["id"], &overseer(&server, &agent)["until"]),
        (&json!(real.id), &Value::Null)
    );
    assert_eq!(hint(&server, &agent), Value::Null);
    initiate(&server, &agent).refused(409, "already_claimed");
    checkout(&server, &late).refused(409, "already_claimed");
    // Who was sent to pay before pays nevertheless.
    for event in paddle.pay(&transaction, server.clock.now()) {
        tell(&server, &event).expect(200);
    }
    assert_eq!((status(&server, &late).as_str(), refund_due(&server, &transaction)), ("expired", 1));
    assert_eq!(overseer(&server, &agent)["id"], real.id);
    // The money of an agent that is gone, too. With it goes the row of its shadow overseer.
    let gone = Agent::register(&server);
    pay(&server, &paddle, &agreed(&server, &gone));
    let late = agreed(&server, &gone);
    let transaction = checkout(&server, &late).expect(200).text_of("transaction_id");
    let shadow = format!("id = '{}'", late.text_of("shadow_overseer_id"));
    assert_eq!(server.count("overseers", &shadow), 1);
    gone.proven(&server, "DELETE", "/v1/agents/me").send().expect(200);
    for event in paddle.pay(&transaction, server.clock.now()) {
        tell(&server, &event).expect(200);
    }
    assert_eq!((refund_due(&server, &transaction), server.count("overseers", &shadow)), (1, 0));
    // Once it is given back, nothing is left to do.
    tell(&server, &paddle.refund(&transaction, server.clock.now())).expect(200);
    assert_eq!(server.count("checkouts", "refund_due IS NOT NULL AND refunded_at IS NULL"), 1);
}

#[test]
fn a_payment_after_the_claim_has_expired_counts_while_nobody_answers_for_the_agent() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    let claim = agreed(&server, &agent);
    let transaction = checkout(&server, &claim).expect(200).text_of("transaction_id");
    server.clock.advance(60 * 60);
    assert_eq!(status(&server, &claim), "expired");
    checkout(&server, &claim).refused(409, "challenge_expired");
    // A day later nothing is left of the claim itself.
    server.clock.advance(2 * DAY);
    server.block_on(purge_expired(&server.app)).unwrap();
    assert_eq!(server.count("challenges", "challenge_type = 'shadow_claim'"), 0);
    assert_eq!(status(&server, &claim), "expired");
    let events = paddle.pay(&transaction, server.clock.now());
    // It was not told, and is looked up.
    assert_eq!(server.block_on(server.app.reconciler().unwrap().run()).unwrap().changed, 1);
    assert_eq!(status(&server, &claim), "completed");
    assert_eq!(overseer(&server, &agent)["until"], rfc3339(server.clock.now() + 30 * DAY));
    // Told late, and twice, it counts once.
    for event in events.iter().chain(&events) {
        tell(&server, event).expect(200);
    }
    assert_eq!(overseer(&server, &agent)["until"], rfc3339(server.clock.now() + 30 * DAY));
}

#[test]
fn what_is_given_back_is_taken_back_whatever_is_told_first() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    let first = agreed(&server, &agent);
    let kept = pay(&server, &paddle, &first);
    let second = agreed(&server, &agent);
    let now = server.clock.now();
    let transaction = pay(&server, &paddle, &second);
    assert_eq!(overseer(&server, &agent)["until"], rfc3339(now + 60 * DAY));
    // In part, not yet, or something else: nothing is taken.
    for (name, value) in [("type", "partial"), ("status", "pending_approval"), ("action", "credit")] {
        let mut event = paddle.refund(&transaction, now);
        event["data"][name] = json!(value);
        tell(&server, &event).expect(200);
        assert_eq!(overseer(&server, &agent)["until"], rfc3339(now + 60 * DAY), "{name}");
    }
    for _ in 0..2 {
        tell(&server, &paddle.refund(&transaction, now)).expect(200);
        assert_eq!(overseer(&server, &agent)["until"], rfc3339(now + 30 * DAY));
    }
    tell(&server, &paddle.refund(&kept, now)).expect(200);
    assert_eq!(overseer(&server, &agent), Value::Null);
    assert_eq!((status(&server, &first).as_str(), status(&server, &second).as_str()), ("expired", "expired"));
    // The refund is told before the payment.
    let third = agreed(&server, &agent);
    let transaction = checkout(&server, &third).expect(200).text_of("transaction_id");
    let paid = paddle.pay(&transaction, now);
    tell(&server, &paddle.refund(&transaction, now)).expect(200);
    paid.iter().for_each(|event| {
        tell(&server, event).expect(200);
    });
    assert_eq!((overseer(&server, &agent), status(&server, &third).as_str()), (Value::Null, "expired"));
}

/// What one has paid is not taken from another: each payment's days are its own.
#[test]
fn a_refund_takes_nothing_that_another_payment_bought() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    let first = pay(&server, &paddle, &agreed(&server, &agent));
    server.clock.advance(20 * DAY);
    let (second, paid) = (pay(&server, &paddle, &agreed(&server, &agent)), server.clock.now());
    assert_eq!(overseer(&server, &agent)["until"], rfc3339(paid + 40 * DAY));
    server.clock.advance(5 * DAY);
    // Without the first, the second has begun when it was paid.
    tell(&server, &paddle.refund(&first, server.clock.now())).expect(200);
    assert_eq!(overseer(&server, &agent)["until"], rfc3339(paid + 30 * DAY));
    // The days between two that are left were paid by nobody.
    let other = Agent::register(&server);
    let began = server.clock.now();
    pay(&server, &paddle, &agreed(&server, &other));
    server.clock.advance(10 * DAY);
    let between = pay(&server, &paddle, &agreed(&server, &other));
    server.clock.advance(25 * DAY);
    pay(&server, &paddle, &agreed(&server, &other));
    assert_eq!(overseer(&server, &other)["until"], rfc3339(began + 90 * DAY));
    tell(&server, &paddle.refund(&between, server.clock.now())).expect(200);
    assert_eq!(overseer(&server, &other)["until"], rfc3339(began + 65 * DAY));
    // One of a time that is over changes nothing of the next.
    server.clock.advance(5 * DAY);
    server.block_on(purge_expired(&server.app)).unwrap();
    pay(&server, &paddle, &agreed(&server, &agent));
    let until = overseer(&server, &agent)["until"].clone();
    assert_eq!(until, rfc3339(server.clock.now() + 30 * DAY));
    let mut event = paddle.refund(&second, server.clock.now());
    // Its only item in full is all of it.
    event["data"]["type"] = json!("partial");
    event["data"]["items"] = json!([{ "type": "full" }]);
    tell(&server, &event).expect(200);
    assert_eq!(server.count("checkouts", &format!("transaction_id = '{second}' AND refunded_at IS NOT NULL")), 1);
    assert_eq!(overseer(&server, &agent)["until"], until);
}

#[test]
fn clients_beyond_the_limit_go_with_the_time_and_come_back_with_a_payment() {
    let (server, paddle) = start();
    let mut agent = Agent::register(&server);
    pay(&server, &paddle, &agreed(&server, &agent));
    let clients: Vec<String> = (0..5)
        .map(|_| {
            server.clock.advance(1);
            another_client(&server, &agent).expect(201).get("client")["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let on = || -> Vec<usize> {
        let is_on = |id: &String| server.count("oauth_clients", &format!("id = '{id}' AND disabled_at IS NULL")) == 1;
        (0..5).filter(|index| is_on(&clients[*index])).collect()
    };
    server.clock.advance(30 * DAY - 6);
    server.block_on(purge_expired(&server.app)).unwrap();
    assert_eq!(on(), [0, 1, 2, 3, 4]);
    server.clock.advance(1);
    server.block_on(purge_expired(&server.app)).unwrap();
    assert_eq!((on(), server.count("oversights", "active = TRUE")), (vec![0, 1], 0));
    pay(&server, &paddle, &agreed(&server, &agent));
    assert_eq!(on(), [0, 1, 2, 3, 4]);
    // An overseer's tier counts instead, from the moment that they answer for it, and has to have room for all of it.
    agent.session = agent.login(&server).expect(200).text_of("session_id");
    let real = Overseer::register(&server);
    real.claim(&server, &agent).refused(403, "client_limit");
    subscribe(&server, &paddle, &real, "BASIC");
    real.oversee(&server, &agent);
    for _ in 0..5 {
        another_client(&server, &agent).expect(201);
    }
    another_client(&server, &agent).refused(403, "client_limit");
}

#[test]
fn nobody_pays_to_have_less() {
    // Whoever pays nothing has no limit here, but on authorizations.
    let (server, paddle) = start();
    server.execute("UPDATE subscription_tiers SET max_clients = 11 WHERE tier = 'FREE'");
    let agent = Agent::register(&server);
    pay(&server, &paddle, &agreed(&server, &agent));
    for _ in 0..11 {
        another_client(&server, &agent).expect(201);
    }
    another_client(&server, &agent).refused(403, "client_limit");
    let (server, _paddle) = with(|config| config.billing.default_tier = "PREMIUM".to_owned());
    initiate(&server, &Agent::register(&server)).refused(409, "no_billing");
}

#[test]
fn where_billing_was_switched_off_nobody_is_limited_also_not_who_has_paid() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    pay(&server, &paddle, &agreed(&server, &agent));
    let clock = server.clock.clone();
    let server = TestServer::in_folder(server.stop(), clock, |_| {});
    for _ in 0..11 {
        another_client(&server, &agent).expect(201);
    }
    server.clock.advance(25 * DAY);
    assert_eq!(hint(&server, &agent), Value::Null);
}

#[test]
fn nobody_pays_for_a_stopped_agent() {
    let (server, _paddle) = start();
    let agent = Agent::register(&server);
    let claim = agreed(&server, &agent);
    let stop = |by: &str| server.execute(&format!("UPDATE agents SET stopped_at = {by} WHERE id = '{}'", agent.id));
    stop("1");
    checkout(&server, &claim).refused(403, "agent_stopped");
    stop("NULL");
    checkout(&server, &claim).expect(200);
}

#[test]
fn a_claim_is_taken_back() {
    let (server, paddle) = start();
    let agent = Agent::register(&server);
    let cancel =
        |claim: &Answer| server.post(&format!("/v1/agents/malice/cancel/{}", claim.text_of("challenge_id"))).send();
    let claim = initiate(&server, &agent).expect(200);
    cancel(&claim).expect(200);
    assert_eq!(status(&server, &claim), "expired");
    answer(&server, &agent, &claim, true).refused(409, "challenge_used");
    cancel(&claim).expect(200);
    let paid = agreed(&server, &agent);
    pay(&server, &paddle, &paid);
    cancel(&paid).refused(409, "challenge_used");
}

#[test]
fn only_the_agent_agrees_and_to_nobody_else() {
    let (server, _paddle) = start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let claim = initiate(&server, &agent).expect(200);
    answer(&server, &other, &claim, true).refused(404, "challenge_not_found");
    let path = format!("/v1/agents/claim/complete/{}", claim.text_of("challenge_id"));
    for wrong in ["01900000-0000-8000-8000-000000000000", "01900000-0000-7000-8000-000000000000"] {
        agent.call(&server, "POST", &path).json(&json!({ "overseer_id": wrong })).send().refused(403, "wrong_overseer");
    }
    // What stands in the database is not enough: the server knows its own.
    let forged = "01900000-0000-8000-8000-000000000000";
    server.execute(&format!(
        "UPDATE challenges SET initiator_id = '{forged}' WHERE id = '{}'",
        claim.text_of("challenge_id")
    ));
    agent.call(&server, "POST", &path).json(&json!({ "overseer_id": forged })).send().refused(403, "wrong_overseer");

    let declined = initiate(&server, &agent).expect(200);
    assert_eq!(answer(&server, &agent, &declined, false).expect(200).text_of("status"), "rejected");
    assert_eq!(status(&server, &declined), "expired");
    checkout(&server, &declined).refused(409, "challenge_expired");
    let stopped = initiate(&server, &agent).expect(200);
    server.execute(&format!("UPDATE agents SET stopped_at = 1, stopped_by = 'operator' WHERE id = '{}'", agent.id));
    let proof =
        agent.proven(&server, "POST", &format!("/v1/agents/claim/complete/{}", stopped.text_of("challenge_id")));
    proof.json(&json!({ "overseer_id": stopped.text_of("shadow_overseer_id") })).send().refused(403, "agent_stopped");
}

#[test]
fn it_is_refused_where_it_can_not_be() {
    let (server, paddle) = with(|config| config.limits.claims_per_minute = 3);
    let nobody = "01900000-0000-7000-8000-000000000000";
    server.post(&format!("/v1/agents/malice/{nobody}")).send().refused(404, "agent_not_found");
    server.get(&format!("/v1/agents/malice/status/{nobody}")).send().refused(404, "challenge_not_found");
    server.post(&format!("/v1/agents/malice/checkout/{nobody}")).send().refused(404, "challenge_not_found");
    let agent = Agent::register(&server);
    initiate(&server, &agent).expect(200);
    initiate(&server, &agent).refused(429, "too_many_requests");
    // An ordinary claim is none of these.
    server.clock.advance(60);
    let claim = Overseer::register(&server).claim(&server, &agent).expect(200).text_of("challenge_id");
    server.get(&format!("/v1/agents/malice/status/{claim}")).send().refused(404, "challenge_not_found");
    assert!(paddle.asked().is_empty());

    // A price that is paid every month would be paid for nothing, and none at all is for nobody.
    let (server, paddle) = with(|config| config.paddle.price_shadow = "pri_monthly".to_owned());
    let agent = Agent::register(&server);
    checkout(&server, &agreed(&server, &agent)).refused(502, "paddle_failed");
    assert!(!paddle.asked().iter().any(|(_, path, _)| path == "/transactions"));
    let (server, _paddle) = with(|config| config.paddle.price_shadow = String::new());
    initiate(&server, &Agent::register(&server)).refused(409, "no_billing");
    let server = TestServer::start();
    initiate(&server, &Agent::register(&server)).refused(409, "no_billing");
    server.post(&format!("/v1/agents/malice/{nobody}")).send().refused(404, "agent_not_found");
}

/// Nobody is sent to two payments for one claim.
#[test]
fn of_many_who_want_to_pay_at_once_all_pay_the_same() {
    let (server, paddle) = with(|config| config.limits.claims_per_minute = 0);
    let agent = Agent::register(&server);
    let claim = agreed(&server, &agent);
    let transactions: Vec<String> = std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..20).map(|_| scope.spawn(|| checkout(&server, &claim).expect(200).text_of("transaction_id"))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert!(transactions.iter().all(|id| *id == transactions[0]), "{transactions:?}");
    // The price was asked for once.
    assert_eq!(paddle.asked().iter().filter(|(_, path, _)| path.starts_with("/prices/")).count(), 1);
    assert_eq!(server.count("checkouts", "TRUE"), 1);
}
