//! Introspection and revocation by clients, of what they hold and of what is meant for their API; the names are
//! those of the list of negative cases. `http/introspection.rs` has the agents.

use serde_json::{Value, json};

use super::token::verify_offline;
use crate::support::flow::{Form, new_key, userinfo};
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

const API: &str = "https://api.example/v1";
const INTROSPECT: &str = "/v1/oauth/introspect";
const REVOKE: &str = "/v1/oauth/revoke";

fn inactive() -> Value {
    json!({ "active": false })
}

/// A form with the client's own authentication and a hint.
fn hinted(server: &TestServer, client: &Client, path: &str, token: &str, hint: &str) -> Answer {
    let form = vec![("token", token.to_owned()), ("token_type_hint", hint.to_owned())];
    client.oauth(server, path, form).send()
}

/// A client that may ask about tokens for this API.
fn api(server: &TestServer, owner: &Overseer, resources: &Value) -> Client {
    let more = json!({ "redirect_uris": ["https://api.example/callback"], "resources": resources });
    Client::register(server, owner, more)
}

#[test]
fn what_is_told_of_a_client_s_tokens() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let tokens = agent.tokens_for(&server, &client, &json!({ "scope": "id openid" }));
    let mut expected = verify_offline(&server, &tokens.text_of("access_token"));
    expected["active"] = json!(true);
    expected["token_type"] = json!("Bearer");
    assert_eq!(client.introspect(&server, &tokens.text_of("access_token")).expect(200).json(), expected);
    let now = server.clock.now();
    let expected = json!({
        "active": true, "client_id": client.id, "sub": agent.id, "scope": "id openid", "iat": now,
        "exp": now + 30 * 24 * 60 * 60,
    });
    assert_eq!(client.introspect(&server, &tokens.text_of("refresh_token")).expect(200).json(), expected);
    let key = new_key();
    let bound = client.redeem_with(&server, &agent.code_for(&server, &client, &json!({})), &key).expect(200);
    let told = client.introspect(&server, &bound.text_of("access_token")).expect(200);
    assert_eq!(told.text_of("token_type"), "DPoP");
    assert_eq!(told.get("cnf"), json!({ "jkt": crate::support::flow::jkt(&key) }));
}

#[test]
fn i01_the_caller_authenticates_as_it_is_registered() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    for method in ["client_secret_basic", "client_secret_post", "private_key_jwt"] {
        let registered = json!({ "token_endpoint_auth_method": method });
        let (client, other) = (
            Client::register(&server, &overseer, registered.clone()),
            Client::register(&server, &overseer, registered),
        );
        let token = agent.tokens_for(&server, &client, &json!({})).text_of("access_token");
        // The id of one with the secret or key of the other.
        let mixed = Client { id: client.id.clone(), secret: other.secret, key: other.key, view: other.view };
        let form = || -> Form<'static> { vec![("token", token.clone())] };
        let named: [(&str, &str); 2] = [("token", &token), ("client_id", &client.id)];
        for path in [INTROSPECT, REVOKE] {
            mixed.oauth(&server, path, form()).send().oauth_refused(401, "invalid_client");
            server.post(path).form(&named).send().oauth_refused(401, "invalid_client");
            server.post(path).form(&named[..1]).send().oauth_refused(401, "invalid_client");
            // Beside good credentials, another way to authenticate is one too many.
            let refused = client.oauth(&server, path, form()).header("authorization", "Bearer x").send();
            assert!([400, 401].contains(&refused.status), "{refused:?}");
            client.oauth(&server, path, Vec::new()).send().oauth_refused(400, "invalid_request");
        }
        assert!(client.is_active(&server, &token));
    }
    for path in [INTROSPECT, REVOKE] {
        server.get(path).send().refused(405, "method_not_allowed");
    }
}

#[test]
fn i02_of_a_refresh_token_that_is_not_good_no_more_is_said() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let used = agent.tokens_for(&server, &client, &json!({})).text_of("refresh_token");
    let live = client.refresh(&server, &used).expect(200).text_of("refresh_token");
    let revoked = agent.tokens_for(&server, &client, &json!({})).text_of("refresh_token");
    client.revoke(&server, &revoked).expect(200);
    let (id, secret) = live.split_once('.').unwrap();
    let (_, another_secret) = revoked.split_once('.').unwrap();
    for token in [
        used,
        revoked.clone(),
        format!("{id}.{another_secret}"),
        format!("{id}."),
        format!(".{secret}"),
        format!("{live}."),
        format!("{live}x"),
        secret.to_owned(),
        id.to_owned(),
        format!("01900000-0000-7000-8000-000000000000.{secret}"),
        "x".repeat(60_000),
    ] {
        assert_eq!(client.introspect(&server, &token).expect(200).json(), inactive(), "{token}");
    }
    assert!(client.is_active(&server, &live));
    server.clock.advance(30 * 24 * 60 * 60 - 1);
    assert!(client.is_active(&server, &live));
    server.clock.advance(1);
    assert_eq!(client.introspect(&server, &live).expect(200).json(), inactive());
}

#[test]
fn i03_a_token_is_told_to_its_client_and_to_its_audience_alone() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let (provider, stranger) = (Overseer::register(&server), Overseer::register(&server));
    let named = api(&server, &provider, &json!(["https://api.example/v2", API]));
    let beside = api(&server, &provider, &json!(["https://api.example/v2"]));
    let unnamed = Client::register(&server, &stranger, json!({}));
    let tokens = agent.tokens_for(&server, &client, &json!({ "resource": [API, "https://more.example"] }));
    let (token, refresh_token) = (tokens.text_of("access_token"), tokens.text_of("refresh_token"));
    for (caller, is_told) in [(&client, true), (&named, true), (&beside, false), (&unnamed, false)] {
        let answer = caller.introspect(&server, &token).expect(200).json();
        assert_eq!(answer["active"], is_told);
        assert!(is_told || answer == inactive(), "{answer}");
        assert_eq!(caller.is_active(&server, &refresh_token), caller.id == client.id);
    }
    assert_eq!(agent.introspect(&server, &token).expect(200).json(), inactive(), "it is the client's, not the agent's");
    // An agent's own token is the agent's and that of the API.
    let own = agent.token(&server, &[("resource", API)]).expect(200).text_of("access_token");
    assert!(agent.is_active(&server, &own) && named.is_active(&server, &own));
    assert!(!client.is_active(&server, &own) && !beside.is_active(&server, &own));
    assert!(!Agent::register(&server).is_active(&server, &own));
    // For the issuer alone it is for no API, and an address that only looks like the API's is another one.
    for resource in [&server.url, "https://api.example", "https://api.example/v1/", "https://api.example/v1x"] {
        let other = agent.token(&server, &[("resource", resource)]).expect(200).text_of("access_token");
        assert!(!named.is_active(&server, &other), "{resource}");
    }
    // What the API gives up it is not told any more.
    let change = json!({ "resources": ["https://api.example/v2"] });
    named.change(&server, &provider, &change).expect(200);
    assert!(!named.is_active(&server, &own));
}

/// The API must be the client's: nobody comes to know of tokens by naming somebody else's.
#[test]
fn i03_an_audience_has_one_owner() {
    let server = TestServer::start();
    let (provider, thief) = (Overseer::register(&server), Overseer::register(&server));
    let registering = |owner: &Overseer, origin: &str, resource: &str| {
        let more = json!({ "redirect_uris": [format!("{origin}/callback")], "resources": [resource] });
        Client::registration(&server, owner, &more).send()
    };
    registering(&thief, "https://evil.example", API).refused(422, "invalid_field");
    registering(&provider, "https://api.example", API).expect(201);
    registering(&thief, "https://api.example", API).refused(409, "resource_taken");
    registering(&thief, "https://evil.example", "https://evil.example/v1").expect(201);
}

#[test]
fn i03_a_public_client_can_not_ask() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let public = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": "none" }));
    let tokens = agent.tokens_for(&server, &public, &json!({}));
    for name in ["access_token", "refresh_token"] {
        public.introspect(&server, &tokens.text_of(name)).oauth_refused(401, "invalid_client");
    }
    // It may revoke: whoever holds a token may want it gone.
    public.revoke(&server, &tokens.text_of("access_token")).expect(200);
    userinfo(&server, &tokens.text_of("access_token")).oauth_refused(401, "invalid_token");
    let confidential = Client::register(&server, &overseer, json!({}));
    let token = agent.tokens_for(&server, &confidential, &json!({})).text_of("access_token");
    assert!(confidential.is_active(&server, &token));
}

#[test]
fn i04_revocation_answers_the_same_whatever_it_is_and_whatever_is_hinted() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    for (name, hint) in [
        ("access_token", "refresh_token"),
        ("refresh_token", "access_token"),
        ("access_token", "nonsense"),
        ("refresh_token", "refresh_token"),
    ] {
        let tokens = agent.tokens_for(&server, &client, &json!({}));
        let token = tokens.text_of(name);
        assert_eq!(hinted(&server, &client, INTROSPECT, &token, hint).expect(200).get("active"), true);
        for _ in 0..2 {
            let answer = hinted(&server, &client, REVOKE, &token, hint).expect(200);
            assert_eq!((answer.json(), answer.header("cache-control")), (json!({}), Some("no-store")));
        }
        assert!(!client.is_active(&server, &tokens.text_of("access_token")));
        assert!(!client.is_active(&server, &tokens.text_of("refresh_token")));
    }
    for unknown in ["x", "..", "01900000-0000-7000-8000-000000000000.x", &"x".repeat(60_000)] {
        assert_eq!(client.revoke(&server, unknown).expect(200).json(), json!({}));
    }
}

#[test]
fn i05_a_client_ends_its_own_tokens_alone() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let public = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": "none" }));
    let audience = api(&server, &overseer, &json!([API]));
    let tokens = agent.tokens_for(&server, &client, &json!({ "resource": [API, server.url] }));
    let (token, refresh_token) = (tokens.text_of("access_token"), tokens.text_of("refresh_token"));
    for other in [&public, &audience] {
        for token in [&token, &refresh_token] {
            assert_eq!(other.revoke(&server, token).expect(200).json(), json!({}));
        }
    }
    Agent::oauth(&server, REVOKE, &agent.assertion(&server), &[("token", &token)]).expect(200);
    assert!(client.is_active(&server, &token) && client.is_active(&server, &refresh_token));
    userinfo(&server, &token).expect(200);
    client.refresh(&server, &refresh_token).expect(200);
}

#[test]
fn i06_either_token_ends_the_whole_family_at_once() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    for name in ["refresh_token", "access_token"] {
        let kept = agent.tokens_for(&server, &client, &json!({}));
        let first = agent.tokens_for(&server, &client, &json!({}));
        let second = client.refresh(&server, &first.text_of("refresh_token")).expect(200);
        let access_tokens = [&first, &second].map(|answer| answer.text_of("access_token"));
        for token in &access_tokens {
            userinfo(&server, token).expect(200);
        }
        client.revoke(&server, &second.text_of(name)).expect(200);
        for token in &access_tokens {
            assert_eq!(client.introspect(&server, token).expect(200).json(), inactive());
            userinfo(&server, token).oauth_refused(401, "invalid_token");
        }
        client.refresh(&server, &second.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
        assert!(!client.is_active(&server, &second.text_of("refresh_token")));
        // Another authorization of the same agent for the same client goes on.
        userinfo(&server, &kept.text_of("access_token")).expect(200);
        client.refresh(&server, &kept.text_of("refresh_token")).expect(200);
    }
}

/// On every node: what one process ends, another one on the same database refuses, and so does a later one.
#[test]
fn i06_it_stays_ended_over_a_restart() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let [ended, kept] = [(); 2].map(|()| agent.tokens_for(&server, &client, &json!({})).text_of("refresh_token"));
    client.revoke(&server, &ended).expect(200);
    let server = server.restart();
    client.refresh(&server, &ended).oauth_refused(400, "invalid_grant");
    client.refresh(&server, &kept).expect(200);
}

#[test]
fn a_family_that_only_its_refresh_token_keeps_alive_is_ended_by_an_expired_access_token() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let tokens = agent.tokens_for(&server, &client, &json!({}));
    server.clock.advance(901);
    assert!(!client.is_active(&server, &tokens.text_of("access_token")));
    assert!(client.is_active(&server, &tokens.text_of("refresh_token")));
    client.revoke(&server, &tokens.text_of("access_token")).expect(200);
    client.refresh(&server, &tokens.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
}

/// A client that may get nothing is told nothing about the tokens for its API either: not while it is switched off,
/// nor while the agent that owns it is stopped.
#[test]
fn i03_an_api_that_may_not_act_is_told_nothing() {
    let server = TestServer::start();
    let (agent, owner, overseer) = (Agent::register(&server), Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &owner);
    let more = json!({ "redirect_uris": ["https://api.example/callback"], "resources": [API] });
    let api = Client::register(&server, &owner, more);
    let token = agent.token(&server, &[("resource", API)]).expect(200).text_of("access_token");
    let switch = |is_off: bool| {
        let call = owner.call(&server, "PUT", &api.path("/disabled"));
        call.json(&json!({ "disabled": is_off })).send().expect(200);
    };
    assert!(api.is_active(&server, &token));
    switch(true);
    assert_eq!(api.introspect(&server, &token).expect(200).json(), inactive());
    switch(false);
    assert!(api.is_active(&server, &token), "it is another agent's, and was not ended");
    overseer.stop(&server, &owner).expect(200);
    assert_eq!(api.introspect(&server, &token).expect(200).json(), inactive());
    overseer.resume(&server, &owner).expect(200);
    assert!(api.is_active(&server, &token));
}
