//! Logging agents in and out, and what a credential is.

use serde_json::json;

use crate::support::{Agent, Overseer, TestServer};

const ME: &str = "/v1/agents/me";

#[test]
fn an_agent_logs_in_with_a_proof_and_out_again() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let login = agent.login(&server).expect(200);
    login.has_members("", &["success", "session_id", "expires_in", "agent"]);
    assert_eq!((login.get("success"), login.get("expires_in")), (json!(true), json!(1800)));
    assert_eq!(login.get("agent")["id"], agent.id.as_str());
    let session = login.text_of("session_id");
    server.get(ME).session(&session).send().expect(200);
    let logout = server.post("/v1/agents/logout").session(&session).send().expect(200);
    assert_eq!(logout.json(), json!({ "success": true }));
    server.get(ME).session(&session).send().refused(401, "not_authenticated");
    server.post("/v1/agents/logout").session(&session).send().refused(401, "not_authenticated");
    // The other session is not touched.
    agent.call(&server, "GET", ME).send().expect(200);
    agent.proven(&server, "POST", "/v1/agents/logout").send().refused(401, "not_authenticated");
}

#[test]
fn a_login_needs_a_proof_by_just_this_agent() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let login = |call: crate::support::Call, id: &str| call.json(&json!({ "agent_id": id })).send();
    let path = "/v1/agents/login";
    login(agent.call(&server, "POST", path), &agent.id).refused(403, "proof_required");
    login(server.post(path), &agent.id).refused(401, "not_authenticated");
    login(agent.proven(&server, "POST", path), &other.id).refused(401, "not_authenticated");
    login(Agent::unregistered().proven(&server, "POST", path), &agent.id).refused(401, "not_authenticated");
    login(agent.proven(&server, "POST", path), &agent.id).expect(200);
    // A proof of a refused login is spent too.
    let proof = agent.proof(&server, "POST", path);
    login(server.post(path).header("dpop", &proof), &other.id).refused(401, "not_authenticated");
    login(server.post(path).header("dpop", &proof), &agent.id).refused(401, "proof_replayed");
}

#[test]
fn an_agent_s_session_lasts_half_an_hour_from_its_beginning() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    server.clock.advance(1799);
    agent.call(&server, "GET", ME).send().expect(200);
    server.clock.advance(1);
    agent.call(&server, "GET", ME).send().refused(401, "not_authenticated");
}

#[test]
fn an_overseer_s_session_lasts_twelve_hours_from_its_last_use() {
    let server = TestServer::start();
    let (used, idle) = (Overseer::register(&server), Overseer::register(&server));
    let path = "/v1/overseers/me";
    for _ in 0..3 {
        server.clock.advance(12 * 60 * 60 - 1);
        used.call(&server, "GET", path).send().expect(200);
    }
    idle.call(&server, "GET", path).send().refused(401, "not_authenticated");
    server.clock.advance(12 * 60 * 60);
    used.call(&server, "GET", path).send().refused(401, "not_authenticated");
}

#[test]
fn a_session_lasts_over_a_restart() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let server = server.restart();
    agent.call(&server, "GET", ME).send().expect(200);
    overseer.call(&server, "GET", "/v1/overseers/me").send().expect(200);
}

#[test]
fn a_session_of_the_other_kind_counts_for_nothing() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    server.get(ME).session(&overseer.session).send().refused(401, "not_authenticated");
    server.get("/v1/overseers/me").session(&agent.session).send().refused(401, "not_authenticated");
    agent.proven(&server, "GET", "/v1/overseers/me").send().refused(401, "not_authenticated");
    agent.call(&server, "GET", ME).send().expect(200);
    overseer.call(&server, "GET", "/v1/overseers/me").send().expect(200);
}

#[test]
fn what_is_no_session_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let session = &agent.session;
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {session}"),
        session.clone(),
        format!("Bearer {session}="),
        format!("Bearer {}", &session[1..]),
        format!("Bearer {}", session.to_lowercase()),
        format!("Bearer {session} {session}"),
        format!("Bearer {}", "A".repeat(43)),
    ] {
        server.get(ME).header("authorization", &value).send().refused(401, "not_authenticated");
        server.get("/v1/overseers/me").header("authorization", &value).send().refused(401, "not_authenticated");
    }
    // RFC 9110 section 11.1: the scheme's case does not matter.
    server.get(ME).header("authorization", &format!("bearer {session}")).send().expect(200);
}

#[test]
fn a_request_carries_exactly_one_credential() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    agent.proven(&server, "GET", ME).session(&agent.session).send().refused(400, "two_credentials");
    agent
        .proven(&server, "GET", ME)
        .header("dpop", &agent.proof(&server, "GET", ME))
        .send()
        .refused(400, "two_credentials");
    agent.call(&server, "GET", ME).session(&agent.session).send().refused(400, "two_credentials");
    let path = "/v1/overseers/me";
    overseer.call(&server, "GET", path).session(&overseer.session).send().refused(400, "two_credentials");
    let proof = agent.proof(&server, "GET", path);
    overseer.call(&server, "GET", path).header("dpop", &proof).send().refused(400, "two_credentials");
    server.get(ME).send().refused(401, "not_authenticated");
    agent.proven(&server, "GET", ME).send().expect(200);
    agent.call(&server, "GET", ME).send().expect(200);
    overseer.call(&server, "GET", path).send().expect(200);
}
