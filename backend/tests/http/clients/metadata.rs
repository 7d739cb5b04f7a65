//! What a client may be, but for its redirect URIs and resources (RFC 7591 section 2).

use serde_json::{Value, json};

use super::{refused_for, register};
use crate::support::{Agent, TestServer};

#[test]
fn a_name_is_that_of_anybody() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let long = "ä".repeat(101);
    for name in ["", "   ", "a\nb", "\u{7}", &long] {
        refused_for(&server, &owner, "name", &json!({ "name": name }));
    }
    for name in ["a", "Приложение", "<script>alert(1)</script>", &long[..200]] {
        let answer = register(&server, &owner, &json!({ "name": format!(" {name} ") })).expect(201);
        assert_eq!(answer.get("client")["name"], name, "trimmed, and not escaped: JSON needs none");
    }
}

#[test]
fn grant_types_fit_the_method_and_each_other() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let (code, refresh, own) = ("authorization_code", "refresh_token", "client_credentials");
    let public = |grants: Value| json!({ "token_endpoint_auth_method": "none", "grant_types": grants });
    for grants in [json!([code]), json!([code, refresh]), json!([refresh, code])] {
        let answer = register(&server, &owner, &public(grants.clone())).expect(201);
        assert_eq!(answer.get("client")["grant_types"], grants);
    }
    for grants in [json!([own]), json!([code, own]), json!([code, refresh, own])] {
        refused_for(&server, &owner, "client_credentials", &public(grants.clone()));
        if grants != json!([own]) {
            register(&server, &owner, &json!({ "grant_types": grants })).expect(201);
        }
    }
    for grants in [json!([]), json!([refresh]), json!([refresh, own]), json!([code, code])] {
        refused_for(&server, &owner, "grant_types", &json!({ "grant_types": grants }));
    }
    for unknown in ["password", "implicit", "", "Authorization_Code", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        refused_for(&server, &owner, "grant_types", &json!({ "grant_types": [code, unknown] }));
    }
    for grants in [json!("authorization_code"), json!([7]), json!({})] {
        refused_for(&server, &owner, "grant_types", &json!({ "grant_types": grants }));
    }
}

#[test]
fn scopes_are_known_and_stand_once() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let cases = [
        ("id", json!("id")),
        ("  openid   id openid ", json!("openid id")),
        (
            "openid id name description subscription overseer offline_access",
            json!("openid id name description subscription overseer offline_access"),
        ),
    ];
    for (scope, stored) in cases {
        let answer = register(&server, &owner, &json!({ "scope": scope })).expect(201);
        assert_eq!(answer.get("client")["scope"], stored);
    }
    for scope in ["", " ", "admin", "id admin", "ID", "id,name", "id\tname"] {
        refused_for(&server, &owner, "scope", &json!({ "scope": scope }));
    }
    for scope in [json!(["id"]), json!(true)] {
        refused_for(&server, &owner, "scope", &json!({ "scope": scope }));
    }
    let answer = register(&server, &owner, &json!({ "scope": null })).expect(201);
    assert_eq!(answer.get("client")["scope"], Value::Null);
}

#[test]
fn a_protection_is_asked_for_by_its_name_and_type() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let asked_for = [
        ("jwks_uri", json!("https://app.example/jwks.json"), json!(7)),
        ("backchannel_logout_uri", json!("https://app.example/logout"), json!(["https://app.example/logout"])),
        ("require_pushed_authorization_requests", json!(true), json!("true")),
        ("profile", Value::Null, json!(true)),
    ];
    for (member, value, wrong) in asked_for {
        refused_for(&server, &owner, member, &json!({ member: wrong }));
        let answer = register(&server, &owner, &json!({ member: value })).expect(201);
        assert_eq!(answer.get("client")[member], value);
        register(&server, &owner, &json!({ member: null })).expect(201);
    }
    register(&server, &owner, &json!({ "unknown_member": "is ignored" })).expect(201);
}

#[test]
fn a_client_may_ask_for_bound_tokens_only() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    for (value, bound) in [(json!(true), true), (json!(false), false), (Value::Null, false)] {
        let answer = register(&server, &owner, &json!({ "dpop_bound_access_tokens": value })).expect(201);
        assert_eq!(answer.get("client")["dpop_bound_access_tokens"], bound);
    }
    refused_for(&server, &owner, "dpop_bound_access_tokens", &json!({ "dpop_bound_access_tokens": "true" }));
}

#[test]
fn what_is_signed_is_signed_with_what_there_is() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    for member in ["id_token_signed_response_alg", "userinfo_signed_response_alg"] {
        for algorithm in ["none", "HS256", "PS256", "Ed25519", "eddsa", ""] {
            refused_for(&server, &owner, &format!("`{member}`"), &json!({ member: algorithm }));
        }
        for algorithm in ["EdDSA", "ES256", "RS256"] {
            let client = register(&server, &owner, &json!({ member: algorithm })).expect(201).get("client");
            assert_eq!(client[member], algorithm);
            let path = format!("/v1/clients/{}", client["id"].as_str().unwrap());
            let change = |value: Value| owner.call(&server, "PATCH", &path).json(&json!({ member: value })).send();
            assert_eq!(change(json!("ES256")).expect(200).get("client")[member], "ES256");
            change(json!("none")).refused(422, "invalid_field");
        }
    }
}

#[test]
fn a_browser_is_sent_after_the_sign_out_where_a_redirect_could_go() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let member = "post_logout_redirect_uris";
    for uri in ["http://app.example/", "javascript:alert(1)", "https://app.example/#x", "https://*.app.example/"] {
        refused_for(&server, &owner, &format!("`{member}[0]`"), &json!({ member: [uri] }));
    }
    let client = register(&server, &owner, &json!({ member: ["https://app.example/bye"] })).expect(201).get("client");
    let path = format!("/v1/clients/{}", client["id"].as_str().unwrap());
    let change = |uris: Value| owner.call(&server, "PATCH", &path).json(&json!({ member: uris })).send();
    change(json!(["http://app.example/"])).refused(422, "invalid_field");
    assert_eq!(change(json!([])).expect(200).get("client")[member], json!([]));
}
