//! `/v1/clients/{client_id}/key` and `secret`: what a client authenticates with is replaced, and kept as a hash.

use agentid::crypto::{base64url, sha256};
use serde_json::{Value, json};

use crate::support::{Agent, Client, Overseer, TestServer, database};

/// Whether the secret's hash is the one that is stored.
fn is_stored(server: &TestServer, client: &Client, secret: &str) -> bool {
    let hash = base64url::encode(sha256(secret.as_bytes()));
    server.count("oauth_clients", &format!("id = '{}' AND client_secret_hash = '{hash}'", client.id)) == 1
}

#[test]
fn a_new_secret_ends_the_old_one_at_once() {
    let server = TestServer::start();
    let owner = Overseer::register(&server);
    for method in ["client_secret_basic", "client_secret_post"] {
        let client = Client::register(&server, &owner, json!({ "token_endpoint_auth_method": method }));
        let old = client.secret.clone().unwrap();
        assert_eq!(base64url::decode(&old).unwrap().len(), 32, "256 bits");
        assert!(is_stored(&server, &client, &old));
        server.clock.advance(1);
        let answer = owner.call(&server, "POST", &client.path("/secret")).send().expect(200);
        let new = answer.text_of("client_secret");
        assert!(answer.text_of("message").contains("only now") && answer.get("success") == true, "{answer:?}");
        assert_eq!(answer.get("client"), client.look(&server, &owner));
        assert_ne!(answer.get("client")["updated_at"], client.view["updated_at"]);
        assert!(new != old && is_stored(&server, &client, &new) && !is_stored(&server, &client, &old));
    }
}

#[test]
fn only_a_client_with_a_secret_gets_a_new_one() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    for method in ["none", "private_key_jwt"] {
        let client = Client::register(&server, &owner, json!({ "token_endpoint_auth_method": method }));
        let refused = owner.call(&server, "POST", &client.path("/secret")).send().refused(409, "wrong_auth_method");
        assert!(refused.text_of("error").contains(method), "{refused:?}");
        assert_eq!(server.count("oauth_clients", "client_secret_hash IS NOT NULL"), 0);
    }
}

#[test]
fn a_new_key_takes_the_old_one_s_place() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let client = Client::register(&server, &owner, json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    let new = Agent::unregistered().public_key();
    let put = |key: &Value| owner.call(&server, "PUT", &client.path("/key")).json(&json!({ "public_key": key })).send();
    server.clock.advance(1);
    let first = put(&json!(new)).expect(200).get("client");
    assert_eq!((&first["public_key"], &first["updated_at"]), (&json!(new), &json!("2026-11-24T06:00:01Z")));
    server.clock.advance(1);
    assert_eq!(
        put(&json!({ "kty": "OKP", "crv": "Ed25519", "x": new })).expect(200).get("client"),
        first,
        "idempotent"
    );
    for bad in [json!("x"), json!({ "kty": "oct", "k": "x" }), json!([new])] {
        put(&bad).refused(422, "invalid_key");
    }
    put(&json!(null)).refused(422, "invalid_field");
    assert_eq!(client.look(&server, &owner), first);
}

#[test]
fn only_a_client_with_a_key_gets_a_new_one() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let body = json!({ "public_key": Agent::unregistered().public_key() });
    for method in ["none", "client_secret_basic", "client_secret_post"] {
        let client = Client::register(&server, &owner, json!({ "token_endpoint_auth_method": method }));
        let refused = owner.call(&server, "PUT", &client.path("/key")).json(&body).send();
        assert!(refused.refused(409, "wrong_auth_method").text_of("error").contains(method));
        assert_eq!(client.look(&server, &owner), client.view);
    }
}

/// Neither what is shown nor what is stored holds a secret, but for the one answer.
#[test]
fn a_secret_is_in_no_file_and_no_other_answer() {
    let server = TestServer::start();
    let owner = Overseer::register(&server);
    let client = Client::register(&server, &owner, json!({}));
    let first = client.secret.clone().unwrap();
    let second = owner.call(&server, "POST", &client.path("/secret")).send().expect(200).text_of("client_secret");
    let hash = base64url::encode(sha256(second.as_bytes()));
    let list = owner.call(&server, "GET", "/v1/clients/list/overseer").send().expect(200).text;
    let all = owner.call(&server, "GET", "/v1/overseers/me/clients").send().expect(200).text;
    let one = owner.call(&server, "GET", &client.path("")).send().expect(200).text;
    for text in [list, all, one] {
        assert!(text.contains(&client.id), "{text}");
        assert!(![&first, &second, &hash].iter().any(|secret| text.contains(*secret)), "{text}");
    }
    let folder = server.stop();
    let mut seen = String::new();
    for bytes in database::contents(folder.path()) {
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!holds(&first) && !holds(&second));
        if holds(&hash) {
            seen.push_str(&hash);
        }
    }
    assert_eq!(seen, hash, "the test looks where the hash is");
}
