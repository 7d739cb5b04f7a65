//! `DELETE /v1/agents/me`: everything of the agent goes.

use serde_json::json;

use crate::support::{Agent, Overseer, TestServer};

const ME: &str = "/v1/agents/me";
/// A client of the agent's own, and a token that it holds.
const CLIENT: &str = "01900000-0000-7000-8000-0000000000c1";
const TOKEN: &str = "01900000-0000-7000-8000-0000000000a1";

/// A client that the agent owns, with a code and a token that it holds for another agent.
fn own_a_client(server: &TestServer, owner: &Agent, other: &Agent) {
    server.execute(&format!(
        "INSERT INTO oauth_clients (id, owner_type, owner_id, name, redirect_uris, token_endpoint_auth_method,
                                    created_at, updated_at)
         VALUES ('{CLIENT}', 'agent', '{}', 'app', '[]', 'none', 0, 0)",
        owner.id
    ));
    let later = server.clock.now() + 60;
    server.execute(&format!(
        "INSERT INTO authorization_codes (id, agent_id, client_id, code_challenge, code_challenge_method, scopes,
                                          expires_at, created_at)
         VALUES ('code', '{}', '{CLIENT}', '', 'S256', 'id', {later}, 0)",
        other.id
    ));
    server.execute(&format!(
        "INSERT INTO access_tokens (id, agent_id, client_id, scopes, access_token_hash, expires_at, created_at,
                                    keep_until, family_id)
         VALUES ('{TOKEN}', '{}', '{CLIENT}', 'id', '',
                 {later}, 0, {later}, '01900000-0000-7000-8000-0000000000f1')",
        other.id
    ));
}

#[test]
fn deletion_needs_a_proof() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    agent.call(&server, "DELETE", ME).send().refused(403, "proof_required");
    server.delete(ME).send().refused(401, "not_authenticated");
    agent.call(&server, "GET", ME).send().expect(200);
    let answer = agent.proven(&server, "DELETE", ME).send().expect(200);
    assert_eq!(answer.json(), json!({ "success": true }));
    agent.call(&server, "GET", ME).send().refused(401, "not_authenticated");
    agent.login(&server).refused(401, "not_authenticated");
    agent.token(&server, &[]).oauth_refused(401, "invalid_client");
}

#[test]
fn nothing_of_the_agent_is_left_and_its_live_tokens_are_listed_as_revoked() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let overseer = Overseer::register(&server);
    // A claim that is answered, and one that is not.
    overseer.claim(&server, &agent).expect(200);
    overseer.oversee(&server, &agent);
    own_a_client(&server, &agent, &other);
    let blocked = json!({ "client_id": CLIENT });
    let path = format!("/v1/overseers/agents/{}/block-client", agent.id);
    overseer.call(&server, "POST", &path).json(&blocked).send().expect(200);
    agent.token(&server, &[]).expect(200);
    server.clock.advance(15 * 60);
    agent.token(&server, &[]).expect(200);
    agent.begin_rotation(&server, &Agent::unregistered()).expect(200);
    other.token(&server, &[]).expect(200);
    // The token that the agent's own client holds for the other agent is live again.
    server.execute(&format!("UPDATE access_tokens SET expires_at = {} WHERE id = '{TOKEN}'", server.clock.now() + 60));

    agent.proven(&server, "DELETE", ME).send().expect(200);

    let of_agent = format!("agent_id = '{}'", agent.id);
    for table in ["oversights", "oauth_requests", "client_blocks", "authorization_codes", "access_tokens"] {
        assert_eq!(server.count(table, &of_agent), 0, "{table}");
    }
    for table in ["oauth_clients", "authorization_codes"] {
        assert_eq!(server.count(table, "TRUE"), 0, "{table}");
    }
    assert_eq!(server.count("sessions", &format!("entity_id = '{}'", agent.id)), 0);
    let key = agent.public_key();
    let concerning = format!("entity_id IN ('{}', '{key}') OR challenge_data LIKE '%{key}%'", agent.id);
    assert_eq!(server.count("challenges", &concerning), 0, "the challenge that it registered with, too");
    assert_eq!(server.count("access_tokens", &format!("client_id = '{CLIENT}'")), 0);
    assert_eq!(server.count("revoked_tokens", "token_type = 'access'"), 2, "what was live, and only that");
    assert_eq!(server.count("revoked_tokens", &format!("jti = '{TOKEN}'")), 1);
    assert_eq!(server.count("agents", "TRUE"), 1);
    assert_eq!(server.count("access_tokens", "TRUE"), 1, "the other agent's stays");
    other.call(&server, "GET", ME).send().expect(200);
}

#[test]
fn the_challenges_of_every_key_that_it_had_go_too() {
    let server = TestServer::start();
    let mut agent = Agent::register(&server);
    let new = Agent::unregistered();
    agent.rotate(&server, &new).expect(200);
    agent.key = new.key;
    agent.proven(&server, "DELETE", ME).send().expect(200);
    assert_eq!(server.count("challenges", "TRUE"), 0);
}

#[test]
fn a_deleted_agent_is_gone_for_its_overseer() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let overseer = Overseer::register(&server);
    overseer.oversee(&server, &agent);
    agent.proven(&server, "DELETE", ME).send().expect(200);
    let list = overseer.call(&server, "GET", "/v1/overseers/me/agents").send().expect(200);
    assert_eq!(list.json(), json!({ "agents": [] }));
    overseer.stop(&server, &agent).refused(404, "agent_not_found");
}
