//! Userinfo (OpenID Connect Core section 5.3) and what its tokens must be; the names are those of the list of
//! negative cases.

use agentid::crypto::jws;
use serde_json::{Value, json};

use super::token::verify_offline;
use crate::support::flow::{USERINFO, userinfo};
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

#[track_caller]
fn invalid_token(answer: Answer) {
    answer.token_refused(401, "invalid_token", "Bearer error=\"invalid_token\"");
}

#[test]
fn the_scopes_say_which_claims_come() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let describe = json!({ "description": "a test" });
    agent.call(&server, "PATCH", "/v1/agents/me").json(&describe).send().expect(200);
    let sub = agent.id.as_str();
    for (scope, expected) in [
        ("openid", json!({ "sub": sub })),
        ("id", json!({ "sub": sub, "id": sub })),
        ("name", json!({ "sub": sub, "name": "test agent" })),
        ("description", json!({ "sub": sub, "description": "a test" })),
        ("subscription", json!({ "sub": sub, "subscription": { "tier": "PREMIUM" } })),
        ("overseer", json!({ "sub": sub, "overseer": null })),
        ("offline_access id", json!({ "sub": sub, "id": sub })),
    ] {
        let own = agent.token(&server, &[("scope", scope)]).expect(200).text_of("access_token");
        let client_s = agent.tokens_for(&server, &client, &json!({ "scope": scope })).text_of("access_token");
        for token in [own, client_s] {
            let answer = userinfo(&server, &token).expect(200);
            assert_eq!(answer.json(), expected, "{scope}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
    }
    // As it is now, not as it was when the token was issued.
    let token = agent.token(&server, &[("scope", "overseer name")]).expect(200).text_of("access_token");
    overseer.oversee(&server, &agent);
    agent.call(&server, "PATCH", "/v1/agents/me").json(&json!({ "name": "new" })).send().expect(200);
    let info = userinfo(&server, &token).expect(200).json();
    assert_eq!((&info["overseer"]["id"], &info["name"]), (&json!(overseer.id), &json!("new")));
}

#[test]
fn a_token_comes_in_the_header_or_in_a_posted_form() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.access_token(&server);
    let header = format!("Bearer {token}");
    for call in [
        server.get(USERINFO).header("authorization", &header),
        server.get(USERINFO).header("authorization", &format!("bearer {token}")),
        server.post(USERINFO).header("authorization", &header),
        server.post(USERINFO).form(&[("access_token", token.as_str())]),
        server.post(USERINFO).header("authorization", &header).form(&[("other", "1")]),
    ] {
        assert_eq!(call.send().expect(200).text_of("sub"), agent.id);
    }
}

#[test]
fn u01_without_a_token_it_is_only_said_how_to_send_one() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.access_token(&server);
    for call in [
        server.get(USERINFO),
        server.post(USERINFO),
        server.post(USERINFO).form(&[]),
        server.post(USERINFO).form(&[("access_token", "")]),
        server.post(USERINFO).json(&json!({ "access_token": token })),
        server.get(USERINFO).header("authorization", ""),
        server.get(USERINFO).header("authorization", "Bearer"),
        server.get(USERINFO).header("authorization", &format!("Basic {token}")),
        server.get(USERINFO).header("authorization", &token),
        server.get(USERINFO).header("cookie", &format!("access_token={token}")),
    ] {
        let answer = call.send().expect(401);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer, DPoP algs=\"EdDSA Ed25519 ES256\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    userinfo(&server, &token).expect(200);
}

#[test]
fn u02_only_a_live_access_token_for_this_server_is_one() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let tokens = agent.tokens_for(&server, &client, &json!({}));
    let token = tokens.text_of("access_token");
    let elsewhere = agent.token(&server, &[("resource", "https://api.example")]).expect(200).text_of("access_token");
    let near = format!("{}/v1", server.url);
    let beside = agent.token(&server, &[("resource", &near)]).expect(200).text_of("access_token");
    let (input, signature) = token.rsplit_once('.').unwrap();
    for other in [
        "x".to_owned(),
        "..".to_owned(),
        "A".repeat(8_000),
        format!("{token}="),
        format!("{token} {token}"),
        format!("{input}."),
        format!("{input}.{}", signature.chars().rev().collect::<String>()),
        tokens.text_of("refresh_token"),
        agent.session.clone(),
        agent.assertion(&server),
        elsewhere,
        beside,
    ] {
        invalid_token(userinfo(&server, &other));
    }
    for other in signed_otherwise(&server, &token) {
        invalid_token(userinfo(&server, &other));
    }
    // One of several audiences is enough.
    let both = [("resource", "https://api.example"), ("resource", server.url.as_str())];
    userinfo(&server, &agent.token(&server, &both).expect(200).text_of("access_token")).expect(200);

    userinfo(&server, &token).expect(200);
    client.revoke(&server, &token).expect(200);
    invalid_token(userinfo(&server, &token));
    let fresh = agent.access_token(&server);
    server.clock.advance(899);
    userinfo(&server, &fresh).expect(200);
    server.clock.advance(1);
    invalid_token(userinfo(&server, &fresh));
}

/// The claims of a good token under other types, keys and issuers, an id token among them.
fn signed_otherwise(server: &TestServer, token: &str) -> Vec<String> {
    let claims = verify_offline(server, token);
    let signer =
        server.app.signing_keys.signer(agentid::crypto::signer::SigningAlgorithm::EdDsa, server.clock.now()).unwrap();
    let header = |typ: Value| json!({ "alg": "EdDSA", "typ": typ, "kid": signer.kid });
    let mut otherwise: Vec<String> = [json!("JWT"), json!("id_token"), json!("logout+jwt"), json!("revocations+jwt")]
        .into_iter()
        .map(|typ| jws::sign(&header(typ), &claims, &signer.key))
        .collect();
    otherwise.push(jws::sign(&json!({ "alg": "EdDSA", "kid": signer.kid }), &claims, &signer.key));
    let good = header(json!("at+jwt"));
    otherwise.push(jws::sign(&good, &claims, &crate::support::flow::new_key()));
    otherwise.push(jws::sign(&json!({ "alg": "EdDSA", "typ": "at+jwt" }), &claims, &signer.key));
    for (name, value) in [
        ("scope", json!("openid overseer")),
        ("iss", json!("https://evil.example")),
        ("jti", json!("01900000-0000-7000-8000-000000000000")),
        ("jti", Value::Null),
        ("exp", json!(4_000_000_000_u32)),
    ] {
        let mut changed = claims.clone();
        changed[name] = value;
        otherwise.push(jws::sign(&good, &changed, &signer.key));
    }
    otherwise
}

#[test]
fn u03_a_token_without_a_scope_of_userinfo_gives_nothing() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let bare = agent.token(&server, &[("scope", "offline_access")]).expect(200).text_of("access_token");
    let held = agent.tokens_for(&server, &client, &json!({ "scope": "offline_access" })).text_of("access_token");
    let client_s = client.own_token(&server, &[("scope", "openid id name")]).expect(200).text_of("access_token");
    for token in [bare, held, client_s] {
        let challenge = "Bearer error=\"insufficient_scope\"";
        userinfo(&server, &token).token_refused(403, "insufficient_scope", challenge);
    }
    userinfo(&server, &agent.access_token(&server)).expect(200);
}

#[test]
fn u04_a_token_is_sent_once_and_not_in_the_address() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.access_token(&server);
    let (header, in_query) = (format!("Bearer {token}"), format!("{USERINFO}?access_token={token}"));
    let form = [("access_token", token.as_str())];
    for call in [
        server.get(&in_query),
        server.post(&in_query),
        server.get(&in_query).header("authorization", &header),
        server.get(&format!("{USERINFO}?a=b&access%5Ftoken={token}")),
        server.post(USERINFO).header("authorization", &header).form(&form),
        server.post(USERINFO).form(&[form[0], form[0]]),
        server.get(USERINFO).header("authorization", &header).header("authorization", &header),
    ] {
        call.send().token_refused(400, "invalid_request", "Bearer error=\"invalid_request\"");
    }
    server.get(&format!("{USERINFO}?other=1")).header("authorization", &header).send().expect(200);
    server.post(USERINFO).form(&form).send().expect(200);
}
