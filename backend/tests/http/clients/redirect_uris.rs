//! Where an agent may be sent back to (A02 and G02 of the negative cases).

use serde_json::{Value, json};

use super::{refused_for, register};
use crate::support::{Agent, TestServer};

/// Good for any client.
const GOOD: &[&str] = &[
    "https://app.example/callback",
    "https://app.example",
    "https://app.example/",
    "https://app.example:8443/callback?tenant=1&x=%2F",
    "https://app.example/~user/.well-known/callback",
    "https://app.example/Callback",
    "https://xn--bcher-kva.example/callback",
    "https://localhost.evil/callback",
    "https://192.0.2.7/callback",
    "https://[2001:db8::1]/callback",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:49152/callback",
    "http://localhost:3000/callback",
    "http://[::1]:3000/callback",
];

/// Good for a native application.
const PRIVATE_USE: &[&str] =
    &["com.example.app:/callback", "com.example.app://callback", "com.example.app:callback", "org.example.x-y:/"];

/// Good for nobody.
const BAD: &[&str] = &[
    "",
    " ",
    "/callback",
    "//app.example/callback",
    "app.example/callback",
    "callback",
    "https:",
    "https://",
    "https:///callback",
    "https:app.example/callback",
    "https:/app.example/callback",
    "https://?x",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://app.example/x",
    "ftp://app.example/callback",
    "ws://app.example/callback",
    "about:blank",
    "urn:ietf:wg:oauth:2.0:oob",
    "myapp:/callback",
    // http off loopback, and what looks like loopback.
    "http://app.example/callback",
    "http://0.0.0.0/callback",
    "http://127.1/callback",
    "http://127.0.1/callback",
    "http://127.0.0.2/callback",
    "http://2130706433/callback",
    "http://0x7f.0.0.1/callback",
    "http://0177.0.0.1/callback",
    "http://localhost.evil/callback",
    "http://localhost./callback",
    "http://127.0.0.1./callback",
    "http://evil.localhost/callback",
    "http://LOCALHOST/callback",
    "http://127.0.0.1.evil/callback",
    "http://127.0.0.1@evil.example/callback",
    "http://localhost@evil.example/callback",
    "http://[::]/callback",
    "http://[::2]/callback",
    "http://[0:0:0:0:0:0:0:1]/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://[::ffff:7f00:1]/callback",
    "http://[::1%25lo]/callback",
    "http://192.168.0.1/callback",
    // Read differently by different readers.
    "https://app.example/../callback",
    "https://app.example/a/../../callback",
    "https://app.example/./callback",
    "https://app.example/callback/..",
    "https://app.example/callback/.",
    "https://app.example/%2e%2e/callback",
    "https://app.example/%2E%2E/callback",
    "https://app.example/.%2e/callback",
    "https://app.example\\@evil.example/callback",
    "https://app.example/\\evil.example",
    "https:\\\\app.example/callback",
    "https://user@app.example/callback",
    "https://user:password@app.example/callback",
    "https://@app.example/callback",
    "https://:@app.example/callback",
    "https://app.example:443/callback",
    "https://app.example:/callback",
    "https://app.example:99999/callback",
    "https://APP.example/callback",
    "HTTPS://app.example/callback",
    "https://%61pp.example/callback",
    "https://bücher.example/callback",
    "https://app.example/callback#",
    "https://app.example/callback#fragment",
    "https://*.app.example/callback",
    "https://app.example/*",
    "https://app.example/call back",
    " https://app.example/callback",
    "https://app.example/callback ",
    "https://app.example/call\nback",
    "https://app.example/call\tback",
    "https://app.example/\"><script>",
];

fn with(uris: &[&str], application_type: &str) -> Value {
    json!({ "redirect_uris": uris, "application_type": application_type })
}

#[test]
fn good_ones_are_kept_as_they_stand() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    for application_type in ["web", "native"] {
        let answer = register(&server, &owner, &with(GOOD, application_type)).expect(201);
        assert_eq!(answer.get("client")["redirect_uris"], json!(GOOD));
    }
    let answer = register(&server, &owner, &with(PRIVATE_USE, "native")).expect(201);
    assert_eq!(answer.get("client")["redirect_uris"], json!(PRIVATE_USE));
    for uri in PRIVATE_USE {
        refused_for(&server, &owner, "redirect_uris[0]", &with(&[uri], "web"));
    }
}

#[test]
fn near_misses_are_refused_by_their_place() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    for application_type in ["web", "native"] {
        for uri in BAD {
            refused_for(&server, &owner, "redirect_uris[1]", &with(&[GOOD[0], uri], application_type));
        }
        let native_only =
            ["com.example.app:/a/../callback", "com.example.app:/callback#x", "COM.example.app:/callback"];
        for uri in native_only {
            refused_for(&server, &owner, "redirect_uris[0]", &with(&[uri], application_type));
        }
    }
    assert_eq!(server.count("oauth_clients", "TRUE"), 0);
}

#[test]
fn there_are_one_to_twenty_each_once() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let many: Vec<String> = (0..21).map(|number| format!("https://app.example/{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    register(&server, &owner, &with(&many[..20], "web")).expect(201);
    refused_for(&server, &owner, "redirect_uris", &with(&many, "web"));
    refused_for(&server, &owner, "redirect_uris", &with(&[GOOD[0], GOOD[1], GOOD[0]], "web"));
    let long = |length: usize| format!("https://app.example/{}", "a".repeat(length - 20));
    register(&server, &owner, &with(&[&long(512)], "web")).expect(201);
    refused_for(&server, &owner, "redirect_uris[0]", &with(&[&long(513)], "web"));
    for wrong in [json!("https://app.example"), json!([7]), json!([null]), json!({}), Value::Null] {
        refused_for(&server, &owner, "redirect_uris", &json!({ "redirect_uris": wrong }));
    }
}

#[test]
fn only_the_code_grant_needs_one() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let path = "/v1/clients/register/agent";
    let body = |grant: &str| json!({ "name": "app", "grant_types": [grant] });
    agent_post(&server, &owner, path, &body("client_credentials")).expect(201);
    agent_post(&server, &owner, path, &body("authorization_code")).refused(422, "invalid_field");
    for grants in [json!(["client_credentials"]), json!(["client_credentials", "authorization_code"])] {
        let empty = json!({ "redirect_uris": [], "grant_types": grants });
        let answer = register(&server, &owner, &empty);
        if grants.as_array().unwrap().len() == 1 {
            answer.expect(201)
        } else {
            answer.refused(422, "invalid_field")
        };
    }
}

fn agent_post(server: &TestServer, agent: &Agent, path: &str, body: &Value) -> crate::support::Answer {
    agent.call(server, "POST", path).json(body).send()
}
