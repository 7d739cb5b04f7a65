//! `agentid tiers` and `agentid billing`.

use agentid::cli::demo::paddle::StandIn;
use serde_json::{Value, json};

use crate::http::billing::{as_words, shadow_claims, subscribe, tell, tier};
use crate::support::process::{agentid, argument};
use crate::support::{Agent, Overseer, TestServer};

/// Runs it on the server's data; the JSON, or the error.
fn run(server: &TestServer, settings: &[String], words: &[&str]) -> Result<Value, String> {
    let data = argument(server.folder()).to_owned();
    let mut arguments = vec!["--json".to_owned()];
    arguments.extend(words.iter().map(|&word| word.to_owned()));
    arguments.extend(["--data".to_owned(), data]);
    arguments.extend(settings.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]));
    let output = agentid(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(text(&output.stderr) + &text(&output.stdout))
    }
}

#[test]
fn an_operator_changes_what_a_tier_allows() {
    let server = TestServer::start();
    let list = || run(&server, &[], &["tiers", "list"]).unwrap()["tiers"].clone();
    assert_eq!(list()[0]["tier"], "FREE");
    let set = run(&server, &[], &["tiers", "set", "FREE", "--max-agents", "-1", "--price", "100"]).unwrap();
    assert_eq!((&set["max_agents"], &set["max_clients"], &set["price"]), (&json!(-1), &json!(2), &json!(100)));
    assert_eq!(list()[0], set);
    for wrong in [["NONE", "--max-agents", "1"], ["FREE", "--max-agents", "-2"], ["FREE", "--price", "-1"]] {
        run(&server, &[], &[&["tiers", "set"], wrong.as_slice()].concat()).unwrap_err();
    }
    assert_eq!(list()[0], set);
}

#[test]
fn an_operator_sees_what_paddle_told_and_looks_up_the_rest() {
    let paddle = StandIn::start().unwrap();
    let server = TestServer::with(|config| config.paddle = paddle.settings());
    let settings = as_words(&paddle);
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    let broken = json!({ "event_id": "evt_b", "event_type": "subscription.updated", "occurred_at": "2026-11-24T06:00:00Z", "data": 1 });
    tell(&server, &broken).expect(500);
    let events = |more: &[&str]| run(&server, &[], &[&["billing", "events"], more].concat()).unwrap()["events"].clone();
    assert_eq!(events(&[]).as_array().unwrap().len(), 4);
    let waiting = events(&["--waiting"]);
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["id"]), (1, &json!("evt_b")));
    let error = run(&server, &settings, &["billing", "replay", "evt_b"]).unwrap_err();
    assert!(error.contains("the event can not be read"), "{error}");
    run(&server, &settings, &["billing", "replay", "evt_none"]).unwrap_err();
    let known = events(&[])[1]["id"].as_str().unwrap().to_owned();
    run(&server, &settings, &["billing", "replay", &known]).unwrap();
    paddle.change(
        &id,
        "canceled",
        &json!({ "status": "canceled", "current_billing_period": null }),
        server.clock.now() + 60,
    );
    assert_eq!(tier(&server, &overseer), "PRO");
    let report = run(&server, &settings, &["billing", "reconcile"]).unwrap();
    assert_eq!((&report["changed"], &report["failed"]), (&json!(1), &json!(0)));
    assert_eq!(tier(&server, &overseer), "FREE");
    // Nobody pays elsewhere.
    assert!(run(&server, &[], &["billing", "reconcile"]).unwrap_err().contains("no_billing"));
}

#[test]
fn an_operator_sees_what_limits_would_take() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    let agents: Vec<Agent> = (0..3)
        .map(|_| {
            server.clock.advance(1);
            let agent = Agent::register(&server);
            overseer.oversee(&server, &agent);
            agent
        })
        .collect();
    let preview = |settings: &[String]| run(&server, settings, &["billing", "preview"]).unwrap()["overseers"].clone();
    assert_eq!(preview(&[]), json!([]));
    let found = preview(&["billing.default_tier=FREE".to_owned()]);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!((&found[0]["overseer_id"], &found[0]["tier"]), (&json!(overseer.id), &json!("FREE")));
    // The newest first.
    assert_eq!(found[0]["agents"], json!([agents[2].id, agents[1].id]));
    assert_eq!(server.count("oversights", "active = TRUE"), 3);
}

#[test]
fn an_operator_sees_what_is_to_be_given_back() {
    let paddle = StandIn::start().unwrap();
    let server = TestServer::with(|config| config.paddle = paddle.settings());
    let refunds = || run(&server, &[], &["billing", "refunds"]).unwrap()["refunds"].clone();
    let mut transactions = Vec::new();
    for _ in 0..2 {
        let agent = Agent::register(&server);
        let begun = shadow_claims::checkout(&server, &shadow_claims::agreed(&server, &agent)).expect(200);
        Overseer::register(&server).oversee(&server, &agent);
        let transaction = begun.text_of("transaction_id");
        for event in paddle.pay(&transaction, server.clock.now()) {
            tell(&server, &event).expect(200);
        }
        server.clock.advance(60);
        transactions.push((transaction, agent.id));
    }
    let (first, agent_id) = &transactions[0];
    let due = refunds();
    let paid_at = "2026-11-24T06:00:00Z";
    let expected = json!({ "transaction_id": first, "agent_id": agent_id, "paid_at": paid_at, "why": "claimed" });
    assert_eq!((due.as_array().unwrap().len(), &due[0]), (2, &expected));
    let rest = run(&server, &[], &["billing", "refunds", "--after", first]).unwrap()["refunds"].clone();
    assert_eq!((rest.as_array().unwrap().len(), &rest[0]), (1, &due[1]));
    tell(&server, &paddle.refund(first, server.clock.now())).expect(200);
    assert_eq!(refunds(), rest);
}
