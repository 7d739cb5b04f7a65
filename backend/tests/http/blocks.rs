//! Blocks, and what a client holds for an agent.

use serde_json::{Value, json};

use crate::support::{Agent, Answer, Overseer, TestServer};

const CLIENT: &str = "01900000-0000-7000-8000-0000000000c1";

/// Client registration comes later, so the client is put where it would be.
fn with_client(server: &TestServer) {
    server.execute(&format!(
        "INSERT INTO oauth_clients (id, owner_type, owner_id, name, redirect_uris, token_endpoint_auth_method,
                                    created_at, updated_at)
         VALUES ('{CLIENT}', 'overseer', '{CLIENT}', 'app', '[]', 'none', 0, 0)"
    ));
}

/// A code and a live token that the client holds for the agent.
fn grant(server: &TestServer, agent: &Agent, number: u32) {
    let later = server.clock.now() + 60;
    server.execute(&format!(
        "INSERT INTO authorization_codes (id, agent_id, client_id, code_challenge, code_challenge_method, scopes,
                                          expires_at, created_at)
         VALUES ('{number}', '{}', '{CLIENT}', '', 'S256', 'id', {later}, 0)",
        agent.id
    ));
    server.execute(&format!(
        "INSERT INTO access_tokens (id, agent_id, client_id, scopes, access_token_hash, expires_at, created_at,
                                    keep_until, family_id)
         VALUES ('01900000-0000-7000-8000-0000000000a{number}', '{}', '{CLIENT}', 'id', '', {later}, 0, {later}, '01900000-0000-7000-8000-0000000000f1')",
        agent.id
    ));
}

fn path(agent: &Agent, rest: &str) -> String {
    format!("/v1/overseers/agents/{}/{rest}", agent.id)
}

fn block(server: &TestServer, overseer: &Overseer, agent: &Agent) -> Answer {
    overseer.call(server, "POST", &path(agent, "block-client")).json(&json!({ "client_id": CLIENT })).send()
}

fn unblock(server: &TestServer, overseer: &Overseer, agent: &Agent) -> Answer {
    overseer.call(server, "DELETE", &path(agent, &format!("block-client/{CLIENT}"))).send()
}

fn blocked(server: &TestServer, overseer: &Overseer, agent: &Agent) -> Value {
    overseer.call(server, "GET", &path(agent, "blocked-clients")).send().expect(200).get("blocked_clients")
}

fn revoke_overseer(server: &TestServer, agent: &Agent) {
    agent.call(server, "POST", "/v1/agents/revoke-overseer").send().expect(200);
}

#[test]
fn an_overseer_blocks_a_client_and_allows_it_again() {
    let server = TestServer::start();
    with_client(&server);
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let other = Agent::register(&server);
    overseer.oversee(&server, &agent);
    overseer.oversee(&server, &other);
    assert_eq!(blocked(&server, &overseer, &agent), json!([]));
    for _ in 0..2 {
        assert_eq!(block(&server, &overseer, &agent).expect(200).json(), json!({ "success": true }));
    }
    let expected = json!([{ "client_id": CLIENT, "created_at": "2026-11-24T06:00:00Z" }]);
    assert_eq!(blocked(&server, &overseer, &agent), expected);
    assert_eq!(blocked(&server, &overseer, &other), json!([]));
    assert_eq!(unblock(&server, &overseer, &agent).expect(200).json(), json!({ "success": true }));
    assert_eq!(blocked(&server, &overseer, &agent), json!([]));
    unblock(&server, &overseer, &agent).refused(404, "block_not_found");
}

#[test]
fn a_block_ends_what_the_client_holds_for_good() {
    let server = TestServer::start();
    with_client(&server);
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let other = Agent::register(&server);
    overseer.oversee(&server, &agent);
    grant(&server, &agent, 1);
    grant(&server, &other, 2);
    let own = agent.access_token(&server);
    block(&server, &overseer, &agent).expect(200);
    unblock(&server, &overseer, &agent).expect(200);
    assert_eq!(server.count("access_tokens", "revoked = TRUE"), 1);
    assert_eq!(server.count("access_tokens", "revoked = TRUE AND id = '01900000-0000-7000-8000-0000000000a1'"), 1);
    assert_eq!(server.count("revoked_tokens", "jti = '01900000-0000-7000-8000-0000000000a1'"), 1);
    assert_eq!(server.count("authorization_codes", "used = TRUE AND id = '1'"), 1);
    assert_eq!(server.count("authorization_codes", "used = FALSE AND id = '2'"), 1);
    assert!(agent.is_active(&server, &own));
}

#[test]
fn only_the_agent_s_overseer_blocks() {
    let server = TestServer::start();
    with_client(&server);
    let (ada, eve) = (Overseer::register(&server), Overseer::register(&server));
    let agent = Agent::register(&server);
    block(&server, &ada, &agent).refused(403, "not_your_agent");
    ada.oversee(&server, &agent);
    block(&server, &eve, &agent).refused(403, "not_your_agent");
    unblock(&server, &eve, &agent).refused(403, "not_your_agent");
    eve.call(&server, "GET", &path(&agent, "blocked-clients")).send().refused(403, "not_your_agent");
    let tokens = path(&agent, &format!("tokens/{CLIENT}"));
    eve.call(&server, "DELETE", &tokens).send().refused(403, "not_your_agent");
    agent.call(&server, "DELETE", &tokens).send().refused(401, "not_authenticated");
    let unknown = json!({ "client_id": agent.id });
    ada.call(&server, "POST", &path(&agent, "block-client")).json(&unknown).send().refused(404, "client_not_found");
    let malformed = json!({ "client_id": "app" });
    ada.call(&server, "POST", &path(&agent, "block-client")).json(&malformed).send().refused(422, "invalid_field");
    block(&server, &ada, &agent).expect(200);
}

#[test]
fn a_block_outlives_a_change_of_key_and_the_agent_s_revocation() {
    let server = TestServer::start();
    with_client(&server);
    let (ada, mut agent) = (Overseer::register(&server), Agent::register(&server));
    ada.oversee(&server, &agent);
    block(&server, &ada, &agent).expect(200);
    let new = Agent::unregistered();
    agent.session = agent.rotate(&server, &new).expect(200).text_of("session_id");
    assert_eq!(server.count("client_blocks", "TRUE"), 1);
    revoke_overseer(&server, &agent);
    assert_eq!(server.count("client_blocks", "TRUE"), 1);
    // The same overseer again: the block stands. Another one: it ends.
    ada.oversee(&server, &agent);
    assert_eq!(blocked(&server, &ada, &agent).as_array().unwrap().len(), 1);
    revoke_overseer(&server, &agent);
    let bob = Overseer::register(&server);
    bob.oversee(&server, &agent);
    assert_eq!(blocked(&server, &bob, &agent), json!([]));
}

#[test]
fn a_block_ends_when_its_overseer_lets_the_agent_go() {
    let server = TestServer::start();
    with_client(&server);
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let other = Agent::register(&server);
    for agent in [&agent, &other] {
        overseer.oversee(&server, agent);
        block(&server, &overseer, agent).expect(200);
    }
    overseer.call(&server, "POST", &format!("/v1/agents/declaim/{}", agent.id)).send().expect(200);
    assert_eq!(server.count("client_blocks", "TRUE"), 1);
    assert_eq!(blocked(&server, &overseer, &other).as_array().unwrap().len(), 1);
}

#[test]
fn an_overseer_ends_a_client_s_tokens_without_blocking_it() {
    let server = TestServer::start();
    with_client(&server);
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    overseer.oversee(&server, &agent);
    grant(&server, &agent, 1);
    let end = |id: &str| overseer.call(&server, "DELETE", &path(&agent, &format!("tokens/{id}"))).send();
    assert_eq!(end(CLIENT).expect(200).json(), json!({ "success": true, "access_tokens": 1, "refresh_tokens": 0 }));
    assert_eq!(end(CLIENT).expect(200).get("access_tokens"), 0);
    assert_eq!(blocked(&server, &overseer, &agent), json!([]));
    assert_eq!(server.count("authorization_codes", "used = TRUE"), 1);
    // The agent's own tokens stand under its own id.
    let token = agent.access_token(&server);
    assert_eq!(end(&agent.id).expect(200).get("access_tokens"), 1);
    assert!(!agent.is_active(&server, &token));
    assert!(agent.is_active(&server, &agent.access_token(&server)));
    end("x").refused(404, "not_found");
}
