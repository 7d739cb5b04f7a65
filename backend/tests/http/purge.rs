//! The purge deletes what has expired, and nothing else.

use agentid::background::purge_expired;
use serde_json::json;

use crate::support::{Agent, Overseer, TestServer};

const DAY: i64 = 24 * 60 * 60;

fn purge(server: &TestServer) -> u64 {
    server.block_on(purge_expired(&server.app)).unwrap()
}

#[test]
fn sessions_tokens_and_proofs_go_when_they_have_expired() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let token = agent.access_token(&server);
    Agent::oauth(&server, "/v1/oauth/revoke", &agent.assertion(&server), &[("token", &token)]).expect(200);
    assert_eq!(purge(&server), 0);
    // Assertions of 60 s are remembered a minute longer.
    server.clock.advance(119);
    assert_eq!(purge(&server), 0);
    server.clock.advance(1);
    assert_eq!((purge(&server), server.count("spent_proofs", "TRUE")), (2, 0));

    server.clock.advance(15 * 60 - 121);
    assert_eq!(purge(&server), 0);
    server.clock.advance(1);
    let kept = agent.access_token(&server);
    assert_eq!(purge(&server), 2);
    assert_eq!((server.count("access_tokens", "TRUE"), server.count("revoked_tokens", "TRUE")), (1, 0));
    assert!(agent.is_active(&server, &kept));

    server.clock.advance(15 * 60);
    purge(&server);
    assert_eq!(server.count("sessions", "entity_type = 'agent'"), 0);
    assert_eq!(server.count("sessions", "entity_type = 'overseer'"), 1);
    overseer.call(&server, "GET", "/v1/overseers/me").send().expect(200);
    server.clock.advance(12 * 60 * 60);
    purge(&server);
    assert_eq!(server.count("sessions", "TRUE"), 0);
    assert_eq!((server.count("agents", "TRUE"), server.count("overseers", "TRUE")), (1, 1));
}

/// What came of a claim can be asked for a day after it has expired.
#[test]
fn challenges_are_kept_for_a_day() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let id = overseer.claim(&server, &agent).expect(200).text_of("challenge_id");
    let status = |session: &str| server.get(&format!("/v1/agents/claim/status/{id}")).session(session).send();
    server.clock.advance(300 + DAY);
    let log_in = json!({ "email": overseer.email, "password": crate::support::overseer::PASSWORD });
    let session = server.post("/v1/overseers/login").json(&log_in).send().expect(200).text_of("session_id");
    purge(&server);
    assert_eq!(status(&session).expect(200).text_of("status"), "expired");
    server.clock.advance(1);
    purge(&server);
    status(&session).refused(404, "challenge_not_found");
    assert_eq!(server.count("challenges", "TRUE"), 0);
}

#[test]
fn the_history_is_kept_as_long_as_the_setting_says() {
    let server = TestServer::with(|config| config.history.retention_days = 2);
    let agent = Agent::register(&server);
    agent.access_token(&server);
    server.clock.advance(DAY);
    agent.access_token(&server);
    server.clock.advance(DAY);
    purge(&server);
    assert_eq!(server.count("oauth_requests", "TRUE"), 2);
    server.clock.advance(1);
    purge(&server);
    assert_eq!(server.count("oauth_requests", "TRUE"), 1);
}

#[test]
fn more_than_one_batch_goes_in_one_run() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    server.execute(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1201)
         INSERT INTO authorization_codes (id, agent_id, client_id, code_challenge, code_challenge_method, scopes,
                                          expires_at, created_at)
         SELECT 'code ' || n, (SELECT id FROM agents), '', '', 'S256', 'id', n, 0 FROM number",
    );
    server.execute("UPDATE authorization_codes SET expires_at = 9999999999 WHERE id = 'code 7'");
    assert_eq!(purge(&server), 1200);
    assert_eq!(server.count("authorization_codes", "id = 'code 7'"), 1);
    agent.call(&server, "GET", "/v1/agents/me").send().expect(200);
}

/// It deleted those that had moved up into the places of codes that were kept: their second use would have gone
/// unnoticed.
#[test]
fn more_than_one_batch_of_codes_is_remembered_with_their_families() {
    let server = TestServer::start();
    Agent::register(&server);
    let end = server.clock.now() + 30 * DAY;
    server.execute(&format!(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1201)
         INSERT INTO access_tokens (id, agent_id, client_id, scopes, access_token_hash, expires_at, created_at,
                                    keep_until, family_id)
         SELECT 'token ' || n, (SELECT id FROM agents), '', 'id', '', 0, 0, {end}, 'token ' || n FROM number"
    ));
    server.execute(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1202)
         INSERT INTO authorization_codes (id, agent_id, client_id, code_challenge, code_challenge_method, scopes,
                                          expires_at, created_at, used, family_id)
         SELECT 'code ' || n, (SELECT id FROM agents), '', '', 'S256', 'id', n, 0, TRUE, 'token ' || n FROM number",
    );
    purge(&server);
    assert_eq!(server.count("authorization_codes", &format!("expires_at = {end}")), 1201);
    assert_eq!(server.count("authorization_codes", "TRUE"), 1201, "the one without a family is gone");
    server.clock.advance(30 * DAY);
    purge(&server);
    assert_eq!(server.count("authorization_codes", "TRUE"), 0);
}
