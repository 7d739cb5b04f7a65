//! The APIs whose tokens a client may introspect: each has one owner, who has shown its origin.

use serde_json::{Value, json};

use super::{refused_for, register};
use crate::support::{Agent, Client, Overseer, TestServer};

const API: &str = "https://app.example/api";

fn with(resources: &[&str]) -> Value {
    json!({ "resources": resources })
}

fn elsewhere(origin: &str, resources: &[&str]) -> Value {
    json!({ "redirect_uris": [format!("{origin}/callback")], "resources": resources })
}

/// How many resources the owner has.
fn owned(server: &TestServer, id: &str) -> i64 {
    server.count("resource_owners", &format!("owner_id = '{id}'"))
}

#[test]
fn a_resource_is_on_the_origin_of_a_redirect_uri() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let good = [API, "https://app.example", "https://app.example/", "https://app.example/v1?tenant=1"];
    let client = Client::register(&server, &owner, with(&good));
    assert_eq!(client.view["resources"], json!(good));
    assert_eq!(owned(&server, &owner.id), 4);
    for foreign in ["https://other.example/api", "https://api.app.example", "https://app.example:8443/api"] {
        refused_for(&server, &owner, "resources[1]", &with(&[API, foreign]));
    }
    register(&server, &owner, &elsewhere("https://app.example:8443", &["https://app.example:8443/api"])).expect(201);
    // Any of the owner's clients will do.
    let other = "https://other.example/api";
    register(&server, &owner, &elsewhere("https://other.example", &[])).expect(201);
    register(&server, &owner, &with(&[other])).expect(201);
    let stranger = Agent::register(&server);
    refused_for(&server, &stranger, "resources[0]", &with(&["https://other.example/api/2"]));
}

#[test]
fn loopback_is_for_development_and_counts_for_itself_alone() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    for origin in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
        register(&server, &owner, &elsewhere(origin, &[&format!("{origin}/api")])).expect(201);
        refused_for(&server, &owner, "resources[0]", &elsewhere(origin, &[&format!("{origin}1/api")]));
        let secure = origin.replace("http:", "https:");
        refused_for(&server, &owner, "resources[0]", &elsewhere(origin, &[&format!("{secure}/api")]));
    }
    let native = json!({ "application_type": "native", "redirect_uris": ["com.example.app:/callback"],
                         "token_endpoint_auth_method": "client_secret_basic", "resources": ["https://com.example.app/"] });
    refused_for(&server, &owner, "resources[0]", &native);
}

#[test]
fn what_is_no_api_is_refused() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let own = format!("{}/v1", server.url);
    let redirect = format!("{}/callback", server.url);
    let bad = [
        "",
        "api",
        "/api",
        "urn:example:api",
        "com.example.app:/api",
        "http://app.example/api",
        "https://app.example/api#fragment",
        "https://app.example/*",
        "https://user@app.example/api",
        "https://app.example/../api",
        "https://app.example/%2e%2e/api",
        "https://APP.example/api",
        "HTTPS://app.example/api",
        "https://app.example:443/api",
        "https://app.example/a b",
        "javascript:alert(1)",
    ];
    for resource in bad {
        refused_for(&server, &owner, "resources[1]", &with(&[API, resource]));
    }
    // This server's own, also when somebody says to be answered there.
    for resource in [&server.url, &own, &format!("{}/", server.url)] {
        let body = json!({ "redirect_uris": [redirect], "resources": [resource] });
        refused_for(&server, &owner, "on this server itself", &body);
    }
    let beside = json!({ "redirect_uris": ["http://127.0.0.1:1/callback"], "resources": ["http://127.0.0.1:1/v1"] });
    register(&server, &owner, &beside).expect(201);

    let many: Vec<String> = (0..21).map(|number| format!("{API}/{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    refused_for(&server, &owner, "resources", &with(&many));
    refused_for(&server, &owner, "resources", &with(&[API, API]));
    register(&server, &owner, &with(&many[..20])).expect(201);
    for nothing in [Value::Null, json!([])] {
        register(&server, &owner, &json!({ "resources": nothing })).expect(201);
    }
}

#[test]
fn only_a_client_that_authenticates_has_one() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let of = |method: &str| json!({ "token_endpoint_auth_method": method, "resources": [API] });
    refused_for(&server, &owner, "resources", &of("none"));
    for method in ["client_secret_basic", "client_secret_post"] {
        register(&server, &owner, &of(method)).expect(201);
    }
    Client::register(&server, &owner, of("private_key_jwt"));
    let public = Client::register(&server, &owner, json!({ "token_endpoint_auth_method": "none" }));
    public.change(&server, &owner, &with(&[API])).refused(422, "invalid_field");
}

#[test]
fn a_resource_has_one_owner_until_no_client_names_it() {
    let server = TestServer::start();
    let (first, second) = (Agent::register(&server), Overseer::register(&server));
    let clients = [Client::register(&server, &first, with(&[API])), Client::register(&server, &first, with(&[API]))];
    let taken = || register(&server, &second, &with(&["https://app.example/free", API])).refused(409, "resource_taken");
    assert!(taken().text_of("error").contains("resources[1]"));
    assert_eq!(owned(&server, &second.id), 0, "the one before it was not kept either");
    clients[0].change(&server, &first, &with(&[])).expect(200);
    taken();
    let deleted = first.call(&server, "DELETE", &clients[1].path("")).send();
    deleted.expect(200);
    assert_eq!(owned(&server, &first.id), 0);
    let own = Client::register(&server, &second, with(&[API]));
    clients[0].change(&server, &first, &with(&[API])).refused(409, "resource_taken");
    own.change(&server, &second, &with(&["https://app.example/other"])).expect(200);
    clients[0].change(&server, &first, &with(&[API])).expect(200);
}

#[test]
fn a_change_is_held_to_the_same_rule() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let client = Client::register(&server, &owner, with(&[API]));
    let moved = json!({ "redirect_uris": ["https://other.example/callback"] });
    client.change(&server, &owner, &moved).refused(422, "invalid_field");
    client.change(&server, &owner, &with(&["https://other.example/api"])).refused(422, "invalid_field");
    let both = elsewhere("https://other.example", &["https://other.example/api"]);
    client.change(&server, &owner, &both).expect(200);
    assert_eq!(server.count("resource_owners", "resource = 'https://other.example/api'"), 1);
    assert_eq!(owned(&server, &owner.id), 1, "the one before is released");
    client.change(&server, &owner, &json!({ "name": "renamed" })).expect(200);
}

#[test]
fn a_deleted_agent_gives_up_what_it_had() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    Client::register(&server, &agent, with(&[API]));
    Client::register(&server, &other, elsewhere("https://other.example", &["https://other.example/api"]));
    agent.proven(&server, "DELETE", "/v1/agents/me").send().expect(200);
    assert_eq!((owned(&server, &agent.id), owned(&server, &other.id)), (0, 1));
    register(&server, &other, &with(&[API])).expect(201);
}
