//! Consents: what an agent has allowed which client.

use serde_json::{Value, json};

use crate::support::flow::userinfo;
use crate::support::{Agent, Call, Client, Overseer, TestServer};

const MINE: &str = "/v1/agents/me/consents";

fn list(call: Call) -> Value {
    call.send().expect(200).get("consents")
}

fn overseen(agent: &Agent, rest: &str) -> String {
    format!("/v1/overseers/agents/{}/consents{rest}", agent.id)
}

#[test]
fn an_agent_and_its_overseer_see_what_it_has_allowed() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    let mine = || list(agent.call(&server, "GET", MINE));
    assert_eq!(mine(), json!([]));
    agent.code_for(&server, &client, &json!({ "scope": "name id" }));
    server.clock.advance(60);
    agent.code_for(&server, &client, &json!({ "scope": "description name" }));
    let expected = json!([{
        "client": { "id": client.id, "name": "test app" }, "scopes": "name id description",
        "created_at": "2026-11-24T06:00:00Z", "updated_at": "2026-11-24T06:01:00Z",
    }]);
    assert_eq!(mine(), expected);
    assert_eq!(list(agent.proven(&server, "GET", MINE)), expected);
    assert_eq!(list(overseer.call(&server, "GET", &overseen(&agent, ""))), expected);
    // An agent's own token is nobody's consent.
    agent.access_token(&server);
    assert_eq!(mine(), expected);
    let other = Client::register(&server, &overseer, json!({ "name": "another app" }));
    agent.code_for(&server, &other, &json!({}));
    assert_eq!(mine().as_array().unwrap().len(), 2);
}

#[test]
fn a_consent_is_withdrawn_once_and_given_anew() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    let tokens = agent.tokens_for(&server, &client, &json!({ "scope": "id description" }));
    let own = agent.access_token(&server);
    let mine = format!("{MINE}/{}", client.id);
    let ended = agent.call(&server, "DELETE", &mine).send().expect(200);
    assert_eq!(ended.json(), json!({ "success": true, "access_tokens": 1, "refresh_tokens": 1 }));
    agent.call(&server, "DELETE", &mine).send().refused(404, "consent_not_found");
    userinfo(&server, &tokens.text_of("access_token")).oauth_refused(401, "invalid_token");
    userinfo(&server, &own).expect(200);
    agent.code_for(&server, &client, &json!({ "scope": "name" }));
    let anew = list(agent.call(&server, "GET", MINE));
    assert_eq!(anew[0]["scopes"], "name", "what was allowed before does not come back");
    let theirs = overseen(&agent, &format!("/{}", client.id));
    overseer.call(&server, "DELETE", &theirs).send().expect(200);
    overseer.call(&server, "DELETE", &theirs).send().refused(404, "consent_not_found");
    assert_eq!(list(agent.call(&server, "GET", MINE)), json!([]));
}

#[test]
fn a_consent_is_the_agent_s_and_its_overseer_s_alone() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let (overseer, stranger) = (Overseer::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &stranger, json!({}));
    agent.code_for(&server, &client, &json!({}));
    let (mine, theirs) = (format!("{MINE}/{}", client.id), overseen(&agent, &format!("/{}", client.id)));
    assert_eq!(list(other.call(&server, "GET", MINE)), json!([]));
    other.call(&server, "DELETE", &mine).send().refused(404, "consent_not_found");
    for (method, path) in [("GET", overseen(&agent, "")), ("DELETE", theirs.clone())] {
        stranger.call(&server, method, &path).send().refused(403, "not_your_agent");
        agent.call(&server, method, &path).send().refused(401, "not_authenticated");
        Call::new(method, &server.url, &path).send().refused(401, "not_authenticated");
    }
    for (method, path) in [("GET", MINE), ("DELETE", mine.as_str())] {
        overseer.call(&server, method, path).send().refused(401, "not_authenticated");
        Call::new(method, &server.url, path).send().refused(401, "not_authenticated");
    }
    agent.call(&server, "DELETE", &format!("{MINE}/x")).send().refused(404, "not_found");
    agent.call(&server, "DELETE", &format!("{MINE}/{}", agent.id)).send().refused(404, "consent_not_found");
    overseer.call(&server, "DELETE", &theirs).send().expect(200);
}

#[test]
fn a_stopped_agent_looks_and_its_overseer_withdraws() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    agent.code_for(&server, &client, &json!({}));
    overseer.stop(&server, &agent).expect(200);
    assert_eq!(list(agent.proven(&server, "GET", MINE)).as_array().unwrap().len(), 1);
    let mine = format!("{MINE}/{}", client.id);
    agent.proven(&server, "DELETE", &mine).send().refused(403, "agent_stopped");
    overseer.call(&server, "DELETE", &overseen(&agent, &format!("/{}", client.id))).send().expect(200);
}

#[test]
fn a_consent_goes_with_its_client_and_with_its_agent() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let [gone, kept] = [(); 2].map(|()| Client::register(&server, &overseer, json!({})));
    for client in [&gone, &kept] {
        agent.code_for(&server, client, &json!({}));
    }
    overseer.call(&server, "DELETE", &gone.path("")).send().expect(200);
    let left = list(agent.call(&server, "GET", MINE));
    assert_eq!((left.as_array().unwrap().len(), &left[0]["client"]["id"]), (1, &json!(kept.id)));
    agent.proven(&server, "DELETE", "/v1/agents/me").send().expect(200);
    assert_eq!(server.count("consents", "TRUE"), 0);
}
