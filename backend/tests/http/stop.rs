//! Stop and resume.

use agentid::identity::security_log::CalledFrom;
use agentid::oversight::stop;
use agentid::random::Random;
use agentid::refusal::Refusal;
use serde_json::{Value, json};

use crate::support::{Agent, Answer, Overseer, TestServer};

const ME: &str = "/v1/agents/me";

/// As the command line does it.
fn stop_by_operator(server: &TestServer, agent: &Agent) {
    let id = agentid::id::AgentId::parse(&agent.id).unwrap();
    let from = CalledFrom::command_line(&server.clock, Random::system());
    let stop = server.app.db.write(move |tx| stop::by_operator(tx, &id, &from).map(|_| ()));
    server.block_on(stop).unwrap_or_else(|refusal: Refusal| panic!("{refusal:?}"));
}

fn resume_by_operator(server: &TestServer, agent: &Agent) {
    let id = agentid::id::AgentId::parse(&agent.id).unwrap();
    let from = CalledFrom::command_line(&server.clock, Random::system());
    let resume = server.app.db.write(move |tx| stop::resume_by_operator(tx, &id, &from));
    server.block_on(resume).unwrap_or_else(|refusal: Refusal| panic!("{refusal:?}"));
}

fn declaim(server: &TestServer, overseer: &Overseer, agent: &Agent) -> Answer {
    overseer.call(server, "POST", &format!("/v1/agents/declaim/{}", agent.id)).send()
}

#[test]
fn the_receipt_counts_what_was_live() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    overseer.oversee(&server, &agent);
    agent.access_token(&server);
    server.clock.advance(15 * 60 + 1);
    agent.login(&server).expect(200);
    let first = agent.access_token(&server);
    server.clock.advance(60);
    let last = agent.access_token(&server);
    let revoked = agent.access_token(&server);
    Agent::oauth(&server, "/v1/oauth/revoke", &agent.assertion(&server), &[("token", &revoked)]).expect(200);
    agent.begin_rotation(&server, &Agent::unregistered()).expect(200);
    server.clock.advance(60);

    let receipt = overseer.stop(&server, &agent).expect(200);
    receipt.has_members("", &["success", "stopped_at", "ended", "offline_until", "took_ms"]);
    let ended = json!({ "sessions": 2, "codes": 0, "access_tokens": 2, "refresh_tokens": 0 });
    assert_eq!(receipt.get("ended"), ended);
    assert_eq!(receipt.text_of("stopped_at"), "2026-11-24T06:17:01Z");
    assert_eq!(receipt.text_of("offline_until"), "2026-11-24T06:31:01Z");
    assert!(receipt.get("took_ms").as_f64().unwrap() > 0.0);
    assert!(!agent.is_active(&server, &first) && !agent.is_active(&server, &last));
    assert_eq!(server.count("revoked_tokens", "TRUE"), 3);
    assert_eq!(server.count("challenges", "challenge_type = 'key_rotation'"), 0);

    server.clock.advance(60);
    let again = overseer.stop(&server, &agent).expect(200);
    assert_eq!(again.get("stopped_at"), receipt.get("stopped_at"));
    let nothing = json!({ "sessions": 0, "codes": 0, "access_tokens": 0, "refresh_tokens": 0 });
    assert_eq!(again.get("ended"), nothing);
    assert_eq!(again.get("offline_until"), receipt.get("offline_until"), "ended tokens still fool an offline verifier");
    server.clock.advance(15 * 60);
    assert_eq!(overseer.stop(&server, &agent).expect(200).get("offline_until"), Value::Null);
}

#[test]
fn a_stopped_agent_gets_nothing() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    overseer.oversee(&server, &agent);
    let new = Agent::unregistered();
    let rotation = agent.begin_rotation(&server, &new).expect(200);
    let token = agent.access_token(&server);
    overseer.stop(&server, &agent).expect(200);

    agent.call(&server, "GET", ME).send().refused(401, "not_authenticated");
    agent.login(&server).refused(403, "agent_stopped");
    agent.token(&server, &[]).oauth_refused(400, "unauthorized_client");
    let initiate = "/v1/agents/rotate-key/initiate";
    let body = json!({ "new_public_key": Agent::unregistered().public_key() });
    agent.proven(&server, "POST", initiate).json(&body).send().refused(403, "agent_stopped");
    let signature = new.sign(&rotation.text_of("challenge_data"));
    // The pending rotation ended with the stop: there is nothing to answer.
    let answer = agent.complete_rotation(&server, &rotation, &signature);
    assert!([403, 404].contains(&answer.status), "{answer:?}");
    agent.proven(&server, "POST", "/v1/agents/revoke-overseer").send().refused(403, "agent_stopped");
    agent.proven(&server, "DELETE", ME).send().refused(403, "agent_stopped");
    agent.proven(&server, "PATCH", ME).json(&json!({ "name": "x" })).send().refused(403, "agent_stopped");
    // It may look, and so see that it is stopped.
    let shown = agent.proven(&server, "GET", ME).send().expect(200);
    assert_eq!(shown.get("agent")["stopped_at"], "2026-11-24T06:00:00Z");

    assert_eq!(overseer.resume(&server, &agent).expect(200).json(), json!({ "success": true }));
    agent.login(&server).expect(200);
    assert!(!agent.is_active(&server, &token), "what was ended stays ended");
    assert!(agent.is_active(&server, &agent.access_token(&server)));
    agent.proven(&server, "POST", "/v1/agents/revoke-overseer").send().expect(200);
}

#[test]
fn a_stopped_agent_agrees_to_nobody() {
    let server = TestServer::start();
    let (ada, bob) = (Overseer::register(&server), Overseer::register(&server));
    let agent = Agent::register(&server);
    ada.oversee(&server, &agent);
    ada.stop(&server, &agent).expect(200);
    declaim(&server, &ada, &agent).expect(200);
    let id = bob.claim(&server, &agent).expect(200).text_of("challenge_id");
    let path = format!("/v1/agents/claim/complete/{id}");
    let body = json!({ "overseer_id": bob.id });
    agent.proven(&server, "POST", &path).json(&body).send().refused(403, "agent_stopped");
    ada.resume(&server, &agent).expect(200);
    agent.proven(&server, "POST", &path).json(&body).send().expect(200);
}

#[test]
fn a_stop_survives_declaim_and_only_who_set_it_lifts_it() {
    let server = TestServer::start();
    let (ada, bob) = (Overseer::register(&server), Overseer::register(&server));
    let agent = Agent::register(&server);
    ada.oversee(&server, &agent);
    bob.stop(&server, &agent).refused(403, "not_your_agent");
    ada.stop(&server, &agent).expect(200);
    bob.resume(&server, &agent).refused(403, "stop_not_yours");
    declaim(&server, &ada, &agent).expect(200);
    agent.login(&server).refused(403, "agent_stopped");
    ada.stop(&server, &agent).refused(403, "not_your_agent");
    bob.resume(&server, &agent).refused(403, "stop_not_yours");
    ada.resume(&server, &agent).expect(200);
    agent.login(&server).expect(200);
    // There is nothing to lift; a stranger is not told so.
    ada.resume(&server, &agent).refused(403, "not_your_agent");
}

#[test]
fn an_operator_s_stop_is_the_operator_s_to_lift() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    overseer.oversee(&server, &agent);
    overseer.stop(&server, &agent).expect(200);
    stop_by_operator(&server, &agent);
    overseer.resume(&server, &agent).refused(403, "stop_not_yours");
    overseer.stop(&server, &agent).expect(200);
    overseer.resume(&server, &agent).refused(403, "stop_not_yours");
    agent.login(&server).refused(403, "agent_stopped");
    resume_by_operator(&server, &agent);
    agent.login(&server).expect(200);
    overseer.stop(&server, &agent).expect(200);
    resume_by_operator(&server, &agent);
    agent.login(&server).expect(200);
}

#[test]
fn stopping_nobody_is_404() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let path = format!("/v1/overseers/agents/{}/stop", overseer.id);
    overseer.call(&server, "POST", &path).send().refused(404, "agent_not_found");
    overseer.call(&server, "DELETE", &path).send().refused(404, "agent_not_found");
    overseer.call(&server, "POST", "/v1/overseers/agents/x/stop").send().refused(404, "not_found");
    let path = format!("/v1/overseers/agents/{}/stop", agent.id);
    server.post(&path).send().refused(401, "not_authenticated");
    agent.call(&server, "POST", &path).send().refused(401, "not_authenticated");
    // Resuming what is not stopped changes nothing.
    overseer.oversee(&server, &agent);
    overseer.resume(&server, &agent).expect(200);
}

/// No token that was issued while the stop was under way is left active.
#[test]
fn a_stop_that_races_with_tokens_leaves_none_alive() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    overseer.oversee(&server, &agent);
    let tokens: Vec<Answer> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| agent.token(&server, &[]))).collect();
        overseer.stop(&server, &agent).expect(200);
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    for answer in tokens {
        if answer.status == 200 {
            assert!(!agent.is_active(&server, &answer.text_of("access_token")));
        } else {
            answer.oauth_refused(400, "unauthorized_client");
        }
    }
    assert_eq!(server.count("access_tokens", "revoked = FALSE"), 0);
}
