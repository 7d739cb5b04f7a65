//! `/v1/agents/me`: an agent looks at itself and changes its profile.

use serde_json::{Value, json};

use crate::support::{Agent, Answer, Overseer, TestServer};

const ME: &str = "/v1/agents/me";

fn change(server: &TestServer, agent: &Agent, body: &Value) -> Answer {
    agent.call(server, "PATCH", ME).json(body).send()
}

#[test]
fn an_agent_changes_what_it_names_and_nothing_else() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    server.clock.advance(60);
    let changed = change(&server, &agent, &json!({ "name": " Neu ", "description": "is new", "id": "x" })).expect(200);
    assert_eq!(
        (&changed.get("agent")["name"], &changed.get("agent")["description"]),
        (&json!("Neu"), &json!("is new"))
    );
    assert_eq!(changed.get("agent")["updated_at"], "2026-11-24T06:01:00Z");
    assert_eq!(changed.get("agent")["created_at"], "2026-11-24T06:00:00Z");
    let renamed = change(&server, &agent, &json!({ "name": "Newer" })).expect(200);
    assert_eq!(renamed.get("agent")["description"], "is new");
    let silent = change(&server, &agent, &json!({ "description": "" })).expect(200);
    assert_eq!((&silent.get("agent")["name"], &silent.get("agent")["description"]), (&json!("Newer"), &Value::Null));
    assert_eq!(agent.call(&server, "GET", ME).send().expect(200).get("agent"), silent.get("agent"));
    let body = json!({ "name": "By proof" });
    agent.proven(&server, "PATCH", ME).json(&body).send().expect(200);
}

#[test]
fn a_bad_profile_changes_nothing() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let before = agent.call(&server, "GET", ME).send().expect(200).json();
    for body in [
        json!({ "name": "" }),
        json!({ "name": "a".repeat(101) }),
        json!({ "name": "a\u{7}" }),
        json!({ "name": 7 }),
        json!({ "name": "fine", "description": "x".repeat(501) }),
        json!({ "name": "fine", "description": "a\0b" }),
        json!({ "name": "fine", "description": [] }),
    ] {
        change(&server, &agent, &body).refused(422, "invalid_field");
    }
    assert_eq!(agent.call(&server, "GET", ME).send().expect(200).json(), before);
    server.patch(ME).json(&json!({ "name": "x" })).send().refused(401, "not_authenticated");
}

#[test]
fn an_agent_sees_who_answers_for_it() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let overseer = Overseer::register(&server);
    let path = "/v1/agents/me/overseer";
    assert_eq!(agent.call(&server, "GET", path).send().expect(200).json(), json!({ "overseer": null }));
    overseer.oversee(&server, &agent);
    let shown = agent.call(&server, "GET", path).send().expect(200);
    let expected =
        json!({ "id": overseer.id, "name": "Test Overseer", "since": "2026-11-24T06:00:00Z", "shadow": false });
    assert_eq!(shown.get("overseer"), expected);
    assert_eq!(agent.call(&server, "GET", ME).send().expect(200).get("agent")["overseer_id"], overseer.id.as_str());
}
