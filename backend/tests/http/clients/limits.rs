//! How many clients the tier allows.

use serde_json::json;

use super::register;
use crate::support::oauth_client::Owner;
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

/// FREE: two clients, one agent.
fn free() -> TestServer {
    TestServer::with(|config| config.billing.default_tier = "FREE".to_owned())
}

fn one_more<O: Owner>(server: &TestServer, owner: &O) -> Answer {
    register(server, owner, &json!({}))
}

#[test]
fn an_agent_alone_has_the_default_tier() {
    let server = free();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let first = Client::register(&server, &agent, json!({}));
    one_more(&server, &agent).expect(201);
    let refused = one_more(&server, &agent).refused(403, "client_limit");
    let sentence = refused.text_of("error");
    assert!(
        sentence.contains("allows 2") && sentence.contains("there are 2") && sentence.contains("Delete"),
        "{sentence}"
    );
    one_more(&server, &other).expect(201);
    // One that is switched off still counts; one that is gone does not.
    agent.call(&server, "PUT", &first.path("/disabled")).json(&json!({ "disabled": true })).send().expect(200);
    one_more(&server, &agent).refused(403, "client_limit");
    agent.call(&server, "DELETE", &first.path("")).send().expect(200);
    one_more(&server, &agent).expect(201);
}

#[test]
fn an_overseer_and_their_agents_share_one_limit() {
    let server = free();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let (stranger, their_agent) = (Overseer::register(&server), Agent::register(&server));
    stranger.oversee(&server, &their_agent);
    one_more(&server, &their_agent).expect(201);
    one_more(&server, &overseer).expect(201);
    one_more(&server, &agent).expect(201);
    overseer.oversee(&server, &agent);
    one_more(&server, &overseer).refused(403, "client_limit");
    one_more(&server, &agent).refused(403, "client_limit");
    one_more(&server, &stranger).expect(201);
    // Without each other, each has a limit of its own.
    overseer.call(&server, "POST", &format!("/v1/agents/declaim/{}", agent.id)).send().expect(200);
    one_more(&server, &overseer).expect(201);
    one_more(&server, &agent).expect(201);
    one_more(&server, &agent).refused(403, "client_limit");
}

#[test]
fn a_refused_registration_takes_no_place() {
    let server = free();
    let agent = Agent::register(&server);
    let foreign = json!({ "resources": ["https://other.example/api"] });
    for _ in 0..3 {
        register(&server, &agent, &foreign).refused(422, "invalid_field");
    }
    one_more(&server, &agent).expect(201);
    one_more(&server, &agent).expect(201);
}

#[test]
fn without_a_limit_there_is_none() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for _ in 0..12 {
        one_more(&server, &agent).expect(201);
    }
}
