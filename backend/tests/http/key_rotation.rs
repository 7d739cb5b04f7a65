//! `/v1/agents/rotate-key`: an agent changes its key.

use serde_json::{Value, json};

use crate::support::{Agent, TestServer};

const ME: &str = "/v1/agents/me";

#[test]
fn an_agent_changes_its_key() {
    let server = TestServer::start();
    let mut agent = Agent::register(&server);
    let old = Agent { key: Agent::unregistered().key, id: agent.id.clone(), session: String::new() };
    let new = Agent::unregistered();
    let challenge = agent.begin_rotation(&server, &new).expect(200);
    challenge.has_members("", &["challenge_id", "expires_at", "challenge_data"]);
    let text: Value = serde_json::from_str(&challenge.text_of("challenge_data")).unwrap();
    assert_eq!((&text["purpose"], &text["agent_id"]), (&json!("rotate-key"), &json!(agent.id)));
    assert_eq!(text["old_public_key"], agent.public_key().as_str());
    assert_eq!(text["new_public_key"], new.public_key().as_str());
    assert_eq!(text["expires_at"], "2026-11-24T06:05:00Z");

    let signature = new.sign(&challenge.text_of("challenge_data"));
    let answer = agent.complete_rotation(&server, &challenge, &signature).expect(200);
    answer.has_members("", &["success", "agent", "session_id", "expires_in"]);
    assert_eq!(answer.get("agent")["public_key"], new.public_key().as_str());
    assert_eq!(answer.get("agent")["id"], agent.id.as_str());
    server.get(ME).session(&answer.text_of("session_id")).send().expect(200);

    agent.login(&server).refused(401, "not_authenticated");
    agent.proven(&server, "GET", ME).send().refused(401, "not_authenticated");
    agent.token(&server, &[]).oauth_refused(401, "invalid_client");
    old.token(&server, &[]).oauth_refused(401, "invalid_client");
    agent.key = new.key;
    agent.login(&server).expect(200);
    agent.token(&server, &[]).expect(200);
}

#[test]
fn what_the_old_key_began_ends() {
    let server = TestServer::start();
    let mut agent = Agent::register(&server);
    let second = agent.login(&server).expect(200).text_of("session_id");
    let token = agent.access_token(&server);
    let (new, thief) = (Agent::unregistered(), Agent::unregistered());
    let pending = agent.begin_rotation(&server, &thief).expect(200);
    assert!(agent.is_active(&server, &token));
    agent.rotate(&server, &new).expect(200);

    agent.call(&server, "GET", ME).send().refused(401, "not_authenticated");
    server.get(ME).session(&second).send().refused(401, "not_authenticated");
    agent.key = new.key;
    assert!(!agent.is_active(&server, &token));
    assert_eq!(server.count("revoked_tokens", "TRUE"), 1);
    let signature = thief.sign(&pending.text_of("challenge_data"));
    agent.complete_rotation(&server, &pending, &signature).refused(404, "challenge_not_found");
    assert!(agent.is_active(&server, &agent.access_token(&server)));
}

#[test]
fn a_retired_key_never_comes_back() {
    let server = TestServer::start();
    let mut agent = Agent::register(&server);
    let other = Agent::register(&server);
    let retired = Agent { key: Agent::unregistered().key, ..Agent::unregistered() };
    agent.rotate(&server, &retired).expect(200);
    // `agent` still holds the first key, which is retired now; `retired` holds the second, which follows.
    agent.initiate(&server).refused(409, "public_key_taken");
    other.begin_rotation(&server, &agent).refused(409, "public_key_taken");
    let third = Agent::unregistered();
    agent.session = {
        let second = Agent { key: retired.key, id: agent.id.clone(), session: String::new() };
        second.login(&server).expect(200).text_of("session_id")
    };
    agent.begin_rotation(&server, &agent).refused(409, "public_key_taken");
    agent.begin_rotation(&server, &other).refused(409, "public_key_taken");
    agent.begin_rotation(&server, &third).expect(200);
}

#[test]
fn a_retired_key_outlives_its_agent() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let new = Agent::unregistered();
    agent.rotate(&server, &new).expect(200);
    new.proven(&server, "DELETE", ME).send().expect(200);
    assert_eq!(server.count("agents", "TRUE"), 0);
    agent.initiate(&server).refused(409, "public_key_taken");
    Agent::register(&server).begin_rotation(&server, &agent).refused(409, "public_key_taken");
}

#[test]
fn a_key_taken_between_the_two_steps_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let new = Agent::unregistered();
    let challenge = agent.begin_rotation(&server, &new).expect(200);
    let registration = new.initiate(&server).expect(200);
    new.complete(&server, &registration).expect(201);
    let signature = new.sign(&challenge.text_of("challenge_data"));
    agent.complete_rotation(&server, &challenge, &signature).refused(409, "public_key_taken");
    agent.call(&server, "GET", ME).send().expect(200);
    agent.login(&server).expect(200);
}

#[test]
fn the_new_key_signs_just_this_challenge() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let new = Agent::unregistered();
    let challenge = agent.begin_rotation(&server, &new).expect(200);
    let registration = new.initiate(&server).expect(200);
    let text = challenge.text_of("challenge_data");
    for signature in [
        new.sign(&registration.text_of("challenge_data")),
        agent.sign(&text),
        new.sign(&text.replace(&agent.id, "")),
        String::new(),
    ] {
        agent.complete_rotation(&server, &challenge, &signature).refused(422, "invalid_signature");
    }
    // A signature for the rotation is worth nothing at a registration, and its challenge is none there.
    let path = format!("/v1/agents/register/complete/{}", registration.text_of("challenge_id"));
    let body = json!({ "signature": new.sign(&text) });
    server.post(&path).json(&body).send().refused(422, "invalid_signature");
    let path = format!("/v1/agents/register/complete/{}", challenge.text_of("challenge_id"));
    server.post(&path).json(&body).send().refused(404, "challenge_not_found");
    agent.complete_rotation(&server, &challenge, &new.sign(&text)).expect(200);
}

#[test]
fn the_old_key_proves_who_asks() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let new = Agent::unregistered();
    let challenge = agent.begin_rotation(&server, &new).expect(200);
    let path = format!("/v1/agents/rotate-key/complete/{}", challenge.text_of("challenge_id"));
    let signature = new.sign(&challenge.text_of("challenge_data"));
    let body = json!({ "signature": signature });
    agent.call(&server, "POST", &path).json(&body).send().refused(403, "proof_required");
    server.post(&path).json(&body).send().refused(401, "not_authenticated");
    new.proven(&server, "POST", &path).json(&body).send().refused(401, "not_authenticated");
    other.complete_rotation(&server, &challenge, &signature).refused(404, "challenge_not_found");
    agent.complete_rotation(&server, &challenge, &signature).expect(200);
}

/// Whoever is not authenticated learns nothing of challenges, and a proof counts once whatever came of it.
#[test]
fn the_caller_is_known_before_anything_else_is_looked_at() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let new = Agent::unregistered();
    let challenge = agent.begin_rotation(&server, &new).expect(200);
    let body = json!({ "signature": "" });
    let path = format!("/v1/agents/rotate-key/complete/{}", challenge.text_of("challenge_id"));
    let unknown = format!("/v1/agents/rotate-key/complete/{}", agent.id);
    for path in [&path, &unknown] {
        new.proven(&server, "POST", path).json(&body).send().refused(401, "not_authenticated");
    }
    let proof = agent.proof(&server, "POST", &path);
    let send = |body: &Value| server.post(&path).header("dpop", &proof).json(body).send();
    send(&body).refused(422, "invalid_signature");
    let good = json!({ "signature": new.sign(&challenge.text_of("challenge_data")) });
    send(&good).refused(401, "proof_replayed");
    agent.proven(&server, "POST", &path).json(&good).send().expect(200);
}

#[test]
fn a_rotation_is_answered_within_five_minutes_and_once() {
    let server = TestServer::start();
    let mut agent = Agent::register(&server);
    let (late, new) = (Agent::unregistered(), Agent::unregistered());
    let challenge = agent.begin_rotation(&server, &late).expect(200);
    server.clock.advance(300);
    let signature = late.sign(&challenge.text_of("challenge_data"));
    agent.complete_rotation(&server, &challenge, &signature).refused(409, "challenge_expired");
    let challenge = agent.begin_rotation(&server, &new).expect(200);
    server.clock.advance(299);
    let signature = new.sign(&challenge.text_of("challenge_data"));
    agent.complete_rotation(&server, &challenge, &signature).expect(200);
    agent.key = new.key;
    agent.complete_rotation(&server, &challenge, &signature).refused(409, "challenge_used");
}

#[test]
fn a_bad_new_key_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let path = "/v1/agents/rotate-key/initiate";
    for key in [json!("x"), json!({ "kty": "EC" }), json!(null), json!("A".repeat(43))] {
        let body = json!({ "new_public_key": key });
        agent.call(&server, "POST", path).json(&body).send().refused(422, "invalid_key");
    }
    agent.call(&server, "POST", path).json(&json!({})).send().refused(422, "invalid_field");
    agent.begin_rotation(&server, &agent).refused(409, "public_key_taken");
    let line = agentid::crypto::openssh::to_line(&Agent::unregistered().key.public_key());
    agent.proven(&server, "POST", path).json(&json!({ "new_public_key": line })).send().expect(200);
}
