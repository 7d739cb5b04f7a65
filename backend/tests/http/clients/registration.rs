//! `POST /v1/clients/register/{owner_type}`: who may, and how a client authenticates.

use agentid::crypto::jwk;
use serde_json::{Value, json};

use super::{refused_for, register};
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::{Agent, Client, Overseer, TestServer};

#[test]
fn an_agent_and_an_overseer_register_clients_of_their_own() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let of_agent = Client::register(&server, &agent, json!({}));
    let of_overseer = Client::register(&server, &overseer, json!({}));
    for (client, owner_type, owner_id) in [(&of_agent, "agent", &agent.id), (&of_overseer, "overseer", &overseer.id)] {
        assert_eq!(
            client.view,
            json!({
                "id": client.id, "name": "test app", "redirect_uris": [REDIRECT_URI], "scope": null,
                "owner_type": owner_type, "owner_id": owner_id, "token_endpoint_auth_method": "client_secret_basic",
                "application_type": "web", "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
                "public_key": null, "resources": [], "dpop_bound_access_tokens": false,
                "id_token_signed_response_alg": "EdDSA", "userinfo_signed_response_alg": null,
                "jwks": null, "jwks_uri": null, "profile": null, "require_pushed_authorization_requests": false,
                "backchannel_logout_uri": null, "post_logout_redirect_uris": [], "disabled_at": null, "disabled_reason": null, "marked_for_cancellation": false, "created_at": "2026-11-24T06:00:00Z",
                "updated_at": "2026-11-24T06:00:00Z",
            })
        );
    }
    // By proof as well as by session.
    let path = "/v1/clients/register/agent";
    let body = json!({ "name": "by proof", "redirect_uris": [REDIRECT_URI] });
    agent.proven(&server, "POST", path).json(&body).send().expect(201);
    server.post(path).json(&body).send().refused(401, "not_authenticated");
}

#[test]
fn the_address_names_the_kind_of_owner_that_calls() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let body = json!({ "name": "app", "redirect_uris": [REDIRECT_URI] });
    let (of_agents, of_overseers) = ("/v1/clients/register/agent", "/v1/clients/register/overseer");
    agent.call(&server, "POST", of_overseers).json(&body).send().refused(403, "wrong_owner_type");
    agent.proven(&server, "POST", of_overseers).json(&body).send().refused(403, "wrong_owner_type");
    overseer.call(&server, "POST", of_agents).json(&body).send().refused(403, "wrong_owner_type");
    for rubbish in ["robot", "Agent", "agents", "%61gent2"] {
        let path = format!("/v1/clients/register/{rubbish}");
        agent.call(&server, "POST", &path).json(&body).send().refused(404, "not_found");
    }
    let both = agent.call(&server, "POST", of_agents).header("dpop", &agent.proof(&server, "POST", of_agents));
    both.json(&body).send().refused(400, "two_credentials");
    assert_eq!(server.count("oauth_clients", "TRUE"), 0);
    agent.call(&server, "POST", of_agents).json(&body).send().expect(201);
    overseer.call(&server, "POST", of_overseers).json(&body).send().expect(201);
}

#[test]
fn a_stopped_agent_registers_nothing() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    overseer.stop(&server, &agent).expect(200);
    let path = "/v1/clients/register/agent";
    let body = json!({ "name": "app", "redirect_uris": [REDIRECT_URI] });
    agent.proven(&server, "POST", path).json(&body).send().refused(403, "agent_stopped");
    overseer.resume(&server, &agent).expect(200);
    agent.proven(&server, "POST", path).json(&body).send().expect(201);
}

#[test]
fn the_method_is_by_what_the_client_has() {
    let server = TestServer::start();
    let owner = Overseer::register(&server);
    let key = Agent::unregistered().public_key();
    let all = json!(["authorization_code", "refresh_token", "client_credentials"]);
    let public = json!(["authorization_code", "refresh_token"]);
    let cases = [
        (json!({}), "client_secret_basic", &all),
        (json!({ "application_type": "web" }), "client_secret_basic", &all),
        (json!({ "application_type": "native" }), "none", &public),
        (json!({ "public_key": key }), "private_key_jwt", &all),
        (json!({ "public_key": key, "application_type": "native" }), "private_key_jwt", &all),
        (json!({ "token_endpoint_auth_method": "client_secret_post" }), "client_secret_post", &all),
        (json!({ "token_endpoint_auth_method": "none" }), "none", &public),
        (
            json!({ "public_key": null, "token_endpoint_auth_method": null, "grant_types": null }),
            "client_secret_basic",
            &all,
        ),
    ];
    for (more, method, grants) in cases {
        let answer = register(&server, &owner, &more).expect(201);
        assert_eq!(
            (&answer.get("client")["token_endpoint_auth_method"], &answer.get("client")["grant_types"]),
            (&json!(method), grants)
        );
        let has_secret = method.starts_with("client_secret");
        assert_eq!(answer.json().get("client_secret").is_some(), has_secret, "{answer:?}");
        assert!(answer.text_of("message").ends_with('.') && answer.get("success") == true, "{answer:?}");
        assert_eq!(answer.text_of("message").contains("only now"), has_secret, "{answer:?}");
        let id = answer.get("client")["id"].as_str().unwrap().to_owned();
        assert_eq!(
            server.count("oauth_clients", &format!("id = '{id}' AND client_secret_hash IS NOT NULL")) == 1,
            has_secret
        );
    }
    for method in ["client_secret_jwt", "tls_client_auth", "PRIVATE_KEY_JWT", ""] {
        refused_for(&server, &owner, "token_endpoint_auth_method", &json!({ "token_endpoint_auth_method": method }));
    }
    refused_for(&server, &owner, "application_type", &json!({ "application_type": "browser" }));
}

#[test]
fn a_key_and_private_key_jwt_come_together_or_not_at_all() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let key = Agent::unregistered().public_key();
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let with = |key: Value| json!({ "token_endpoint_auth_method": method, "public_key": key });
        refused_for(&server, &owner, "leave the key out", &with(json!(key)));
        register(&server, &owner, &with(Value::Null)).expect(201);
    }
    let method = "private_key_jwt";
    refused_for(&server, &owner, "needs a key", &json!({ "token_endpoint_auth_method": method }));
    register(&server, &owner, &json!({ "token_endpoint_auth_method": method, "public_key": key })).expect(201);
}

#[test]
fn a_key_comes_in_every_form_and_alone() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let agent = Agent::unregistered();
    let (raw, jwk) = (agent.public_key(), jwk::to_jwk(&agent.key.public_key()));
    let line = agentid::crypto::openssh::to_line(&agent.key.public_key());
    let mut private = jwk.clone();
    private["d"] = json!(raw);
    let symmetric = json!({ "kty": "oct", "k": raw });
    let rsa = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" });
    // The key of small order that every signature fits.
    let weak = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    for good in [json!(raw), jwk.clone(), json!(line)] {
        let answer = register(&server, &owner, &json!({ "public_key": good })).expect(201);
        assert_eq!(answer.get("client")["public_key"], raw);
    }
    for bad in
        [private.clone(), symmetric.clone(), rsa.clone(), json!(weak), json!("x"), json!(7), json!([]), json!({})]
    {
        register(&server, &owner, &json!({ "public_key": bad })).refused(422, "invalid_key");
    }
    let set = |keys: Value| json!({ "jwks": { "keys": keys } });
    let answer = register(&server, &owner, &set(json!([jwk]))).expect(201);
    assert_eq!(answer.get("client")["public_key"], raw);
    for bad in [private, symmetric, rsa, json!(raw), json!({})] {
        register(&server, &owner, &set(json!([bad]))).refused(422, "invalid_key");
    }
    register(&server, &owner, &set(json!([]))).refused(422, "invalid_key");
    for keys in [json!({}), json!("x"), Value::Null] {
        refused_for(&server, &owner, "jwks", &set(keys));
    }
    refused_for(&server, &owner, "jwks", &json!({ "jwks": jwk }));
    refused_for(&server, &owner, "jwks", &json!({ "jwks": { "keys": [jwk] }, "public_key": raw }));
    register(&server, &owner, &json!({ "jwks": null, "public_key": raw })).expect(201);
}

#[test]
fn a_key_that_was_made_for_a_test_is_the_client_s() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let client = Client::register(&server, &owner, json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    assert_eq!(client.view["public_key"], client.key.unwrap().public_key().to_base64url());
    assert!(client.secret.is_none());
}
