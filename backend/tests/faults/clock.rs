//! The server's clock steps back: what was used stays used, nothing lives longer than it did, nothing panics.

use agentid::background::purge_expired;

use crate::support::{Agent, Overseer, TestServer};

/// What a careless correction of the clock takes away.
const HOUR: i64 = 3600;
const MINUTE: i64 = 60;
/// How long a proof and an assertion of these tests may be used, and when the server forgets them.
const PROOF: (i64, i64) = (60, 130);
const ASSERTION: (i64, i64) = (60, 120);

#[test]
fn a_spent_proof_stays_spent() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let proof = agent.proof(&server, "GET", "/v1/agents/me");
    let again = || server.get("/v1/agents/me").header("dpop", &proof).send();
    again().expect(200);
    server.clock.advance(-5);
    again().refused(401, "proof_replayed");
    server.clock.advance(-HOUR);
    again().refused(401, "invalid_dpop_proof");

    // The last moment before it is forgotten; then as far back as makes it valid again.
    server.clock.advance(HOUR + 5 + PROOF.1 - 1);
    server.block_on(purge_expired(&server.app)).unwrap();
    server.clock.advance(PROOF.0 - PROOF.1 + 1);
    again().refused(401, "proof_replayed");
}

#[test]
fn a_spent_assertion_stays_spent() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let assertion = agent.assertion(&server);
    let grant = [("grant_type", "client_credentials")];
    let again = || Agent::oauth(&server, "/v1/oauth/token", &assertion, &grant);
    again().expect(200);
    server.clock.advance(-MINUTE);
    again().oauth_refused(401, "invalid_client");

    server.clock.advance(MINUTE + ASSERTION.1 - 1);
    server.block_on(purge_expired(&server.app)).unwrap();
    server.clock.advance(ASSERTION.0 - ASSERTION.1);
    again().oauth_refused(401, "invalid_client");
}

#[test]
fn sessions_and_tokens_end_when_they_were_to() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let token = agent.token(&server, &[]).expect(200).text_of("access_token");
    let show = || server.get("/v1/agents/me").session(&agent.session).send();
    let ask = || overseer.call(&server, "GET", "/v1/overseers/me").send();

    server.clock.advance(-HOUR);
    show().expect(200);
    ask().expect(200);
    assert_eq!(agent.introspect(&server, &token).expect(200).get("active"), true);
    server.clock.advance(HOUR + 30 * MINUTE - 1);
    show().expect(200);
    ask().expect(200);
    assert_eq!(agent.introspect(&server, &token).expect(200).get("active"), false);
    server.clock.advance(1);
    show().refused(401, "not_authenticated");
    ask().expect(200);
    server.clock.advance(12 * HOUR);
    ask().refused(401, "not_authenticated");
}

#[test]
fn a_server_whose_clock_was_ahead_goes_on() {
    // With the limits as shipped: they count in time too.
    let server = TestServer::with(|config| config.limits = agentid::config::Limits::default());
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    for step in [-MINUTE, -HOUR, -24 * HOUR, -3650 * 24 * HOUR] {
        server.clock.advance(step);
        server.block_on(purge_expired(&server.app)).unwrap();
        let token = agent.token(&server, &[]).expect(200).text_of("access_token");
        assert_eq!(agent.introspect(&server, &token).expect(200).get("active"), true);
        agent.login(&server).expect(200);
        overseer.stop(&server, &agent).expect(200);
        assert_eq!(agent.introspect(&server, &token).expect(200).get("active"), false);
        overseer.resume(&server, &agent).expect(200);
    }
    Agent::register(&server);
    server.get("/ready").send().expect(200);
    let server = server.restart();
    agent.token(&server, &[]);
}
