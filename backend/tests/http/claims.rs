//! Claims: an overseer asks to answer for an agent, and the agent agrees.

use serde_json::{Value, json};

use crate::support::{Agent, Answer, Overseer, TestServer};

fn status(server: &TestServer, overseer: &Overseer, challenge_id: &str) -> Answer {
    overseer.call(server, "GET", &format!("/v1/agents/claim/status/{challenge_id}")).send()
}

fn answer(server: &TestServer, agent: &Agent, challenge_id: &str, body: &Value) -> Answer {
    agent.call(server, "POST", &format!("/v1/agents/claim/complete/{challenge_id}")).json(body).send()
}

fn revoke(server: &TestServer, agent: &Agent) -> Answer {
    agent.call(server, "POST", "/v1/agents/revoke-overseer").send()
}

fn declaim(server: &TestServer, overseer: &Overseer, agent: &Agent) -> Answer {
    overseer.call(server, "POST", &format!("/v1/agents/declaim/{}", agent.id)).send()
}

#[test]
fn an_agent_agrees_to_an_overseer() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let claim = overseer.claim(&server, &agent).expect(200);
    claim.has_members("", &["challenge_id", "expires_at", "challenge_url", "overseer_id"]);
    let id = claim.text_of("challenge_id");
    assert_eq!(claim.text_of("overseer_id"), overseer.id);
    assert_eq!(claim.text_of("expires_at"), "2026-11-24T06:05:00Z");
    assert_eq!(claim.text_of("challenge_url"), format!("{}/v1/agents/claim/complete/{id}", server.url));
    assert_eq!(status(&server, &overseer, &id).expect(200).json(), json!({ "status": "pending" }));
    assert_eq!(agent.call(&server, "GET", "/v1/agents/me").send().get("agent")["overseer_id"], Value::Null);

    server.clock.advance(299);
    let done = overseer.accept(&server, &agent, &id).expect(200);
    assert_eq!((done.get("success"), done.get("status")), (json!(true), json!("completed")));
    let oversight = done.get("oversight");
    assert_eq!((&oversight["overseer_id"], &oversight["agent_id"]), (&json!(overseer.id), &json!(agent.id)));
    assert_eq!((&oversight["active"], &oversight["marked_for_cancellation"]), (&json!(true), &json!(false)));
    assert_eq!(status(&server, &overseer, &id).expect(200).text_of("status"), "completed");
    overseer.accept(&server, &agent, &id).refused(409, "challenge_used");
    server.clock.advance(60 * 60);
    assert_eq!(status(&server, &overseer, &id).expect(200).text_of("status"), "completed");
}

#[test]
fn an_agent_agrees_by_proof_too_and_explicitly() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let claim = overseer.claim(&server, &agent).expect(200);
    let path = format!("/v1/agents/claim/complete/{}", claim.text_of("challenge_id"));
    let body = json!({ "overseer_id": overseer.id, "accept": true });
    server.post(&path).json(&body).send().refused(401, "not_authenticated");
    overseer.call(&server, "POST", &path).json(&body).send().refused(401, "not_authenticated");
    agent.proven(&server, "POST", &path).json(&body).send().expect(200);
}

#[test]
fn an_agent_declines() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let id = overseer.claim(&server, &agent).expect(200).text_of("challenge_id");
    let declined = answer(&server, &agent, &id, &json!({ "overseer_id": overseer.id, "accept": false })).expect(200);
    assert_eq!(declined.json(), json!({ "success": true, "status": "rejected", "oversight": null }));
    assert_eq!(status(&server, &overseer, &id).expect(200).text_of("status"), "rejected");
    overseer.accept(&server, &agent, &id).refused(409, "challenge_used");
    assert_eq!(server.count("oversights", "TRUE"), 0);
    overseer.oversee(&server, &agent);
}

#[test]
fn a_claim_that_nobody_answers_expires() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let id = overseer.claim(&server, &agent).expect(200).text_of("challenge_id");
    server.clock.advance(300);
    assert_eq!(status(&server, &overseer, &id).expect(200).text_of("status"), "expired");
    overseer.accept(&server, &agent, &id).refused(409, "challenge_expired");
    let body = json!({ "overseer_id": overseer.id, "accept": false });
    answer(&server, &agent, &id, &body).refused(409, "challenge_expired");
    overseer.oversee(&server, &agent);
}

#[test]
fn an_agent_agrees_to_one_person_and_only_for_itself() {
    let server = TestServer::start();
    let (ada, eve) = (Overseer::register(&server), Overseer::register(&server));
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let id = ada.claim(&server, &agent).expect(200).text_of("challenge_id");
    eve.accept(&server, &agent, &id).refused(403, "wrong_overseer");
    answer(&server, &agent, &id, &json!({ "overseer_id": agent.id })).refused(403, "wrong_overseer");
    answer(&server, &agent, &id, &json!({ "overseer_id": eve.id, "accept": false })).refused(403, "wrong_overseer");
    answer(&server, &agent, &id, &json!({})).refused(422, "invalid_field");
    answer(&server, &agent, &id, &json!({ "overseer_id": ada.id, "accept": "no" })).refused(422, "invalid_field");
    ada.accept(&server, &other, &id).refused(404, "challenge_not_found");
    answer(&server, &other, &id, &json!({ "overseer_id": ada.id, "accept": false }))
        .refused(404, "challenge_not_found");
    ada.accept(&server, &agent, &ada.id).refused(404, "challenge_not_found");
    ada.accept(&server, &agent, "x").refused(404, "not_found");
    assert_eq!(server.count("oversights", "TRUE"), 0);
    ada.accept(&server, &agent, &id).expect(200);
}

#[test]
fn the_status_is_for_its_overseer_alone() {
    let server = TestServer::start();
    let (ada, eve) = (Overseer::register(&server), Overseer::register(&server));
    let agent = Agent::register(&server);
    let id = ada.claim(&server, &agent).expect(200).text_of("challenge_id");
    status(&server, &ada, &id).expect(200);
    status(&server, &eve, &id).refused(404, "challenge_not_found");
    status(&server, &ada, &agent.id).refused(404, "challenge_not_found");
    status(&server, &ada, "x").refused(404, "not_found");
    let path = format!("/v1/agents/claim/status/{id}");
    server.get(&path).send().refused(401, "not_authenticated");
    agent.call(&server, "GET", &path).send().refused(401, "not_authenticated");
    let rotation = agent.begin_rotation(&server, &Agent::unregistered()).expect(200);
    status(&server, &ada, &rotation.text_of("challenge_id")).refused(404, "challenge_not_found");
}

#[test]
fn an_agent_has_one_overseer_at_a_time() {
    let server = TestServer::start();
    let (ada, bob) = (Overseer::register(&server), Overseer::register(&server));
    let agent = Agent::register(&server);
    let late = bob.claim(&server, &agent).expect(200).text_of("challenge_id");
    ada.oversee(&server, &agent);
    bob.claim(&server, &agent).refused(409, "already_claimed");
    ada.claim(&server, &agent).refused(409, "already_claimed");
    bob.accept(&server, &agent, &late).refused(409, "already_claimed");
    revoke(&server, &agent).expect(200);
    // A refused answer leaves the claim as it was.
    bob.accept(&server, &agent, &late).expect(200);
    assert_eq!(server.count("oversights", "active = TRUE"), 1);
}

#[test]
fn claiming_nobody_is_404() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let claim = |body: Value| overseer.call(&server, "POST", "/v1/agents/claim/initiate").json(&body).send();
    claim(json!({ "agent_id": overseer.id })).refused(404, "agent_not_found");
    claim(json!({ "agent_id": "me" })).refused(422, "invalid_field");
    claim(json!({ "agent_id": agent.id.to_uppercase() })).refused(422, "invalid_field");
    claim(json!({ "agent_id": agent.id })).expect(200);
    let body = json!({ "agent_id": agent.id });
    server.post("/v1/agents/claim/initiate").json(&body).send().refused(401, "not_authenticated");
    agent.call(&server, "POST", "/v1/agents/claim/initiate").json(&body).send().refused(401, "not_authenticated");
}

#[test]
fn a_tier_has_room_for_so_many_agents() {
    let server = TestServer::with(|config| config.billing.default_tier = "FREE".to_owned());
    let overseer = Overseer::register(&server);
    let agents = [Agent::register(&server), Agent::register(&server)];
    let pending = overseer.claim(&server, &agents[1]).expect(200).text_of("challenge_id");
    overseer.oversee(&server, &agents[0]);
    overseer.claim(&server, &agents[1]).refused(403, "tier_limit");
    overseer.accept(&server, &agents[1], &pending).refused(403, "tier_limit");
    declaim(&server, &overseer, &agents[0]).expect(200);
    overseer.accept(&server, &agents[1], &pending).expect(200);
    overseer.claim(&server, &agents[0]).refused(403, "tier_limit");
}

#[test]
fn either_side_ends_it_at_once() {
    let server = TestServer::start();
    let (ada, bob) = (Overseer::register(&server), Overseer::register(&server));
    let agent = Agent::register(&server);
    revoke(&server, &agent).refused(404, "no_overseer");
    declaim(&server, &ada, &agent).refused(403, "not_your_agent");
    ada.oversee(&server, &agent);
    declaim(&server, &bob, &agent).refused(403, "not_your_agent");
    assert_eq!(declaim(&server, &ada, &agent).expect(200).json(), json!({ "success": true }));
    declaim(&server, &ada, &agent).refused(403, "not_your_agent");
    ada.oversee(&server, &agent);
    assert_eq!(revoke(&server, &agent).expect(200).json(), json!({ "success": true }));
    revoke(&server, &agent).refused(404, "no_overseer");
    let nobody = format!("/v1/agents/declaim/{}", ada.id);
    ada.call(&server, "POST", &nobody).send().refused(404, "agent_not_found");
    server.post(&nobody).send().refused(401, "not_authenticated");
    server.post("/v1/agents/revoke-overseer").send().refused(401, "not_authenticated");
}

#[test]
fn claiming_again_brings_the_same_row_back() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    overseer.oversee(&server, &agent);
    let path = format!("/v1/overseers/{}/agents/{}/cancellation", overseer.id, agent.id);
    overseer.call(&server, "PUT", &path).json(&json!({ "marked_for_cancellation": true })).send().expect(200);
    declaim(&server, &overseer, &agent).expect(200);
    assert_eq!((server.count("oversights", "active = FALSE"), server.count("oversights", "TRUE")), (1, 1));
    server.clock.advance(60);
    let id = overseer.claim(&server, &agent).expect(200).text_of("challenge_id");
    let oversight = overseer.accept(&server, &agent, &id).expect(200).get("oversight");
    assert_eq!((&oversight["since"], &oversight["active"]), (&json!("2026-11-24T06:01:00Z"), &json!(true)));
    assert_eq!(oversight["marked_for_cancellation"], false);
    assert_eq!(server.count("oversights", "created_at < updated_at"), 1);
    assert_eq!(server.count("oversights", "TRUE"), 1);
}

#[test]
fn of_racing_overseers_one_comes_to_answer() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let overseers: Vec<Overseer> = (0..4).map(|_| Overseer::register(&server)).collect();
    let claims: Vec<String> =
        overseers.iter().map(|overseer| overseer.claim(&server, &agent).expect(200).text_of("challenge_id")).collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let (server, agent) = (&server, &agent);
        let pairs = overseers.iter().zip(&claims);
        let answers: Vec<_> =
            pairs.map(|(overseer, id)| scope.spawn(move || overseer.accept(server, agent, id).status)).collect();
        answers.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 3, "{statuses:?}");
    assert_eq!(server.count("oversights", "active = TRUE"), 1);
}
