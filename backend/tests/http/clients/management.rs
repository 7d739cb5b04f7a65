//! Owners look at their clients and change them; to others they do not exist.

use serde_json::{Value, json};

use crate::support::oauth_client::Owner;
use crate::support::{Agent, Client, Overseer, TestServer};

const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

fn ids<O: Owner>(server: &TestServer, owner: &O) -> Vec<String> {
    let list = owner.call(server, "GET", &format!("/v1/clients/list/{}", O::TYPE)).send().expect(200);
    let clients = list.get("clients");
    clients.as_array().unwrap().iter().map(|client| client["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_owner_lists_their_own_oldest_first() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    assert!(ids(&server, &agent).is_empty());
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.push(Client::register(&server, &agent, json!({})).id);
        server.clock.advance(1);
    }
    let of_overseer = Client::register(&server, &overseer, json!({}));
    assert_eq!(ids(&server, &agent), expected);
    assert_eq!(ids(&server, &overseer), [of_overseer.id]);
    agent.call(&server, "GET", "/v1/clients/list/overseer").send().refused(403, "wrong_owner_type");
    overseer.call(&server, "GET", "/v1/clients/list/agent").send().refused(403, "wrong_owner_type");
    agent.call(&server, "GET", "/v1/clients/list/robot").send().refused(404, "not_found");
    server.get("/v1/clients/list/agent").send().refused(401, "not_authenticated");
}

#[test]
fn to_others_a_client_does_not_exist() {
    let server = TestServer::start();
    let (owner, overseer) = (Agent::register(&server), Overseer::register(&server));
    let (other, stranger) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &owner);
    let client = Client::register(&server, &owner, json!({}));
    let of_overseer = Client::register(&server, &overseer, json!({}));
    let unknown = |path: &str| other.call(&server, "GET", path).send().refused(404, "client_not_found").text;
    let nobody = unknown(&format!("/v1/clients/{NOBODY}"));
    assert_eq!(unknown(&client.path("")), nobody, "no more is said of one that is there");
    owner.call(&server, "GET", &of_overseer.path("")).send().refused(404, "client_not_found");
    stranger.call(&server, "GET", &client.path("")).send().refused(404, "client_not_found");

    // Their overseer may look, and do no more.
    assert_eq!(client.look(&server, &overseer), client.view);
    assert_eq!(client.look(&server, &owner), client.view);
    let key = json!({ "public_key": other.public_key() });
    let changes: [(&'static str, &str, Value); 5] = [
        ("PATCH", "", json!({ "name": "mine now" })),
        ("PUT", "/key", key),
        ("POST", "/secret", Value::Null),
        ("PUT", "/disabled", json!({ "disabled": true })),
        ("DELETE", "", Value::Null),
    ];
    for (method, rest, body) in &changes {
        let path = client.path(rest);
        overseer.call(&server, method, &path).json(body).send().refused(404, "client_not_found");
        other.call(&server, method, &path).json(body).send().refused(404, "client_not_found");
        stranger.call(&server, method, &path).json(body).send().refused(404, "client_not_found");
    }
    assert_eq!(client.look(&server, &owner), client.view);
    overseer.call(&server, "POST", &format!("/v1/agents/declaim/{}", owner.id)).send().expect(200);
    overseer.call(&server, "GET", &client.path("")).send().refused(404, "client_not_found");
}

#[test]
fn a_change_is_of_what_it_names_and_nothing_else() {
    let server = TestServer::start();
    let owner = Overseer::register(&server);
    let client = Client::register(&server, &owner, json!({ "scope": "id", "resources": ["https://app.example/api"] }));
    let mut expected = client.view.clone();
    let changes = [
        json!({ "name": " renamed " }),
        json!({ "redirect_uris": ["https://app.example/b", "https://app.example/a"] }),
        json!({ "scope": "openid id" }),
        json!({ "grant_types": ["authorization_code"] }),
        json!({ "resources": ["https://app.example/v2"] }),
        json!({ "dpop_bound_access_tokens": true }),
        json!({ "scope": null }),
        json!({}),
        json!({ "name": "all at once", "scope": "id name", "resources": [], "dpop_bound_access_tokens": false,
                "grant_types": ["client_credentials"], "redirect_uris": [] }),
    ];
    for change in changes {
        server.clock.advance(1);
        for (name, value) in change.as_object().unwrap() {
            expected[name] = value.clone();
        }
        expected["name"] = json!(expected["name"].as_str().unwrap().trim());
        let mut answer = client.change(&server, &owner, &change).expect(200).get("client");
        assert_eq!(client.look(&server, &owner), answer);
        assert!(answer["updated_at"].as_str() > expected["updated_at"].as_str());
        answer["updated_at"] = expected["updated_at"].clone();
        assert_eq!(answer, expected, "{change}");
    }
}

#[test]
fn a_bad_change_changes_nothing() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let client = Client::register(&server, &owner, json!({ "token_endpoint_auth_method": "none" }));
    let bad = [
        json!({ "name": "" }),
        json!({ "name": null }),
        json!({ "redirect_uris": null }),
        json!({ "redirect_uris": [] }),
        json!({ "redirect_uris": ["https://app.example/../x"] }),
        json!({ "redirect_uris": ["com.example.app:/callback"] }),
        json!({ "scope": "" }),
        json!({ "scope": "admin" }),
        json!({ "grant_types": null }),
        json!({ "grant_types": [] }),
        json!({ "grant_types": ["refresh_token"] }),
        json!({ "grant_types": ["authorization_code", "client_credentials"] }),
        json!({ "grant_types": ["password"] }),
        json!({ "resources": null }),
        json!({ "resources": ["https://app.example/api"] }),
        json!({ "dpop_bound_access_tokens": null }),
        json!({ "name": "good", "scope": "bad" }),
    ];
    for change in bad {
        let answer = client.change(&server, &owner, &change).refused(422, "invalid_field");
        let mut names = change.as_object().unwrap().keys();
        assert!(names.any(|name| answer.text_of("error").contains(name.as_str())), "{change}: {answer:?}");
    }
    // What no change is for: how it authenticates, and whose it is.
    let ignored = json!({ "token_endpoint_auth_method": "client_secret_post", "application_type": "native",
                          "owner_id": NOBODY, "id": NOBODY });
    client.change(&server, &owner, &ignored).expect(200);
    assert_eq!(client.look(&server, &owner), client.view);
    client.change(&server, &owner, &json!({ "name": "good", "scope": "id" })).expect(200);
}

#[test]
fn a_stopped_agent_may_look_and_change_nothing() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &agent, json!({}));
    overseer.stop(&server, &agent).expect(200);
    agent.proven(&server, "GET", &client.path("")).send().expect(200);
    agent.proven(&server, "GET", "/v1/clients/list/agent").send().expect(200);
    let changes: [(&'static str, &str, Value); 5] = [
        ("PATCH", "", json!({ "name": "new" })),
        ("PUT", "/key", json!({ "public_key": agent.public_key() })),
        ("POST", "/secret", Value::Null),
        ("PUT", "/disabled", json!({ "disabled": true })),
        ("DELETE", "", Value::Null),
    ];
    for (method, rest, body) in &changes {
        let call = || agent.proven(&server, method, &client.path(rest)).json(body);
        call().send().refused(403, "agent_stopped");
    }
    overseer.resume(&server, &agent).expect(200);
    agent.proven(&server, "PATCH", &client.path("")).json(&json!({ "name": "new" })).send().expect(200);
}

#[test]
fn an_overseer_s_session_lives_on_by_looking_at_clients() {
    const HOUR: i64 = 60 * 60;
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    let client = Client::register(&server, &overseer, json!({}));
    for _ in 0..4 {
        server.clock.advance(11 * HOUR);
        client.look(&server, &overseer);
        server.clock.advance(11 * HOUR);
        client.change(&server, &overseer, &json!({ "scope": "bad" })).refused(422, "invalid_field");
    }
    server.clock.advance(12 * HOUR);
    overseer.call(&server, "GET", &client.path("")).send().refused(401, "not_authenticated");
}
