//! Introspection (RFC 7662) and revocation (RFC 7009).

use agentid::crypto::jws;
use agentid::crypto::jws::UnverifiedJws;
use serde_json::{Value, json};

use super::token::verify_offline;
use crate::support::{Agent, Answer, TestServer};

fn revoke(server: &TestServer, agent: &Agent, more: &[(&str, &str)]) -> Answer {
    Agent::oauth(server, "/v1/oauth/revoke", &agent.assertion(server), more)
}

#[test]
fn a_live_token_is_told_with_its_claims() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.access_token(&server);
    let mut expected = verify_offline(&server, &token);
    expected["active"] = json!(true);
    expected["token_type"] = json!("Bearer");
    let hint = [("token", token.as_str()), ("token_type_hint", "refresh_token")];
    let answer = Agent::oauth(&server, "/v1/oauth/introspect", &agent.assertion(&server), &hint).expect(200);
    assert_eq!(answer.json(), expected);
}

#[test]
fn i01_the_caller_is_authenticated_and_names_a_token() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.access_token(&server);
    for path in ["/v1/oauth/introspect", "/v1/oauth/revoke"] {
        server.post(path).form(&[("token", &token)]).send().oauth_refused(401, "invalid_client");
        server.post(path).form(&[]).send().oauth_refused(401, "invalid_client");
        agent.call(&server, "POST", path).form(&[("token", &token)]).send().oauth_refused(401, "invalid_client");
        let assertion = agent.assertion(&server);
        Agent::oauth(&server, path, &assertion, &[]).oauth_refused(400, "invalid_request");
        Agent::oauth(&server, path, &assertion, &[("token", "")]).oauth_refused(400, "invalid_request");
        let twice = [("token", token.as_str()), ("token", token.as_str())];
        Agent::oauth(&server, path, &assertion, &twice).oauth_refused(400, "invalid_request");
        server.get(path).send().refused(405, "method_not_allowed");
        server.post(path).json(&json!({ "token": token })).send().oauth_refused(400, "invalid_request");
    }
    assert!(agent.is_active(&server, &token));
}

#[test]
fn i02_anything_else_is_inactive_and_no_more_is_said() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.access_token(&server);
    let claims = verify_offline(&server, &token);
    let kid = UnverifiedJws::parse(&token).unwrap().header().kid.clone().unwrap();
    let forge = |header: Value| jws::sign(&header, &claims, &agent.key);
    let (input, signature) = token.rsplit_once('.').unwrap();
    for other in [
        "rubbish".to_owned(),
        "..".to_owned(),
        "A".repeat(9000),
        agent.assertion(&server),
        agent.session.clone(),
        claims["jti"].as_str().unwrap().to_owned(),
        format!("{token}="),
        format!("{input}.{}", signature.chars().rev().collect::<String>()),
        forge(json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid })),
        forge(json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "unknown" })),
        forge(json!({ "alg": "EdDSA", "typ": "at+jwt" })),
        forge(json!({ "alg": "none", "typ": "at+jwt", "kid": kid })),
    ] {
        assert_eq!(agent.introspect(&server, &other).expect(200).json(), json!({ "active": false }), "{other}");
    }
    assert!(agent.is_active(&server, &token));
    // Another type of JWT under the server's own key is no access token.
    let signer =
        server.app.signing_keys.signer(agentid::crypto::signer::SigningAlgorithm::EdDsa, server.clock.now()).unwrap();
    let header = |typ: &str| json!({ "alg": "EdDSA", "typ": typ, "kid": kid });
    for typ in ["JWT", "logout+jwt"] {
        assert!(!agent.is_active(&server, &jws::sign(&header(typ), &claims, &signer.key)));
    }
    // And one that was never issued is not active, however well it is signed.
    let mut unissued = claims.clone();
    unissued["scope"] = json!("openid");
    assert!(!agent.is_active(&server, &jws::sign(&header("at+jwt"), &unissued, &signer.key)));
}

#[test]
fn a_token_expires() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.access_token(&server);
    server.clock.advance(899);
    assert!(agent.is_active(&server, &token));
    server.clock.advance(1);
    assert_eq!(agent.introspect(&server, &token).expect(200).json(), json!({ "active": false }));
}

#[test]
fn i03_i05_another_s_token_is_inactive_and_stays_as_it_is() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let token = agent.access_token(&server);
    assert_eq!(other.introspect(&server, &token).expect(200).json(), json!({ "active": false }));
    assert_eq!(revoke(&server, &other, &[("token", &token)]).expect(200).json(), json!({}));
    assert!(agent.is_active(&server, &token));
    assert_eq!(server.count("revoked_tokens", "TRUE"), 0);
}

#[test]
fn i04_a_revoked_token_is_inactive_at_once_and_listed() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let (token, kept) = (agent.access_token(&server), agent.access_token(&server));
    for hint in ["refresh_token", "access_token", "nonsense"] {
        let answer = revoke(&server, &agent, &[("token", &token), ("token_type_hint", hint)]).expect(200);
        assert_eq!(answer.json(), json!({}));
        assert!(!agent.is_active(&server, &token));
    }
    assert!(agent.is_active(&server, &kept));
    let jti = verify_offline(&server, &token)["jti"].as_str().unwrap().to_owned();
    assert_eq!(server.count("revoked_tokens", &format!("jti = '{jti}' AND token_type = 'access'")), 1);
    assert_eq!(server.count("revoked_tokens", "TRUE"), 1);
    for unknown in ["rubbish", "..", &agent.session] {
        assert_eq!(revoke(&server, &agent, &[("token", unknown)]).expect(200).json(), json!({}));
    }
    server.clock.advance(900);
    revoke(&server, &agent, &[("token", &kept)]).expect(200);
    assert_eq!(server.count("revoked_tokens", "TRUE"), 1, "an expired one needs no entry");
}

#[test]
fn an_assertion_of_an_introspection_counts_once() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for path in ["/v1/oauth/introspect", "/v1/oauth/revoke"] {
        let assertion = agent.assertion(&server);
        Agent::oauth(&server, path, &assertion, &[("token", "x")]).expect(200);
        Agent::oauth(&server, path, &assertion, &[("token", "x")]).oauth_refused(401, "invalid_client");
        Agent::oauth(&server, "/v1/oauth/token", &assertion, &[("grant_type", "client_credentials")])
            .oauth_refused(401, "invalid_client");
    }
}
