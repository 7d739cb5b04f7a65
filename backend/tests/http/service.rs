//! What the server says of itself, and what holds for every answer.

use serde_json::json;

use crate::support::{Agent, Call, TestServer};

#[test]
fn it_says_what_it_is() {
    let server = TestServer::start();
    let index = server.get("/").header("accept", "application/json").send().expect(200);
    assert_eq!(index.text_of("name"), "Agent ID");
    assert_eq!(index.text_of("issuer"), server.url);
    index.has_members("", &["name", "version", "issuer", "endpoints"]);
    server.get("/health").send().expect(200);
    server.get("/ready").send().expect(200);
    let openapi = server.get("/openapi.json").send().expect(200).json();
    assert!(openapi["paths"]["/v1/oauth/token"]["post"].is_object());
}

#[test]
fn a_database_of_another_version_is_not_ready() {
    let server = TestServer::start();
    server.get("/ready").send().expect(200);
    server.execute("INSERT INTO schema_migrations (name, sha256, applied_at) VALUES ('9999_later', '', 0)");
    server.get("/ready").send().refused(503, "unavailable");
    server.get("/health").send().expect(200);
}

#[test]
fn discovery_is_the_same_at_each_address_and_names_only_addresses_that_answer() {
    let server = TestServer::start();
    let document = server.get("/.well-known/openid-configuration").send().expect(200);
    assert_eq!(document.header("cache-control"), Some("public, max-age=300"));
    for path in ["/.well-known/oauth-authorization-server", "/v1/oauth/.well-known/openid-configuration"] {
        assert_eq!(server.get(path).send().expect(200).json(), document.json());
        server.post(path).send().refused(405, "method_not_allowed");
    }
    assert_eq!(document.text_of("issuer"), server.url);
    assert_eq!(
        document.get("grant_types_supported"),
        json!(["authorization_code", "refresh_token", "client_credentials"])
    );
    assert_eq!(
        document.get("token_endpoint_auth_signing_alg_values_supported"),
        json!(["EdDSA", "Ed25519", "ES256", "PS256", "RS256"])
    );
    for name in [
        "jwks_uri",
        "authorization_endpoint",
        "userinfo_endpoint",
        "token_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "pushed_authorization_request_endpoint",
    ] {
        let address = document.text_of(name);
        assert_ne!(Call::new("GET", &address, "").send().status, 404, "{address}");
    }
}

/// W01: what a stranger writes into Host or X-Forwarded-Host never becomes the issuer.
#[test]
fn the_issuer_does_not_follow_the_request() {
    let server = TestServer::start();
    let path = "/.well-known/openid-configuration";
    let port = server.url.rsplit(':').next().unwrap();
    let mut requests = vec![server.get(path).header("x-forwarded-host", "evil.example")];
    requests.push(server.get(path).header("forwarded", "host=evil.example;proto=https"));
    for name in ["localhost", "[::1]"] {
        requests.push(server.get(path).header("host", &format!("{name}:{port}")));
    }
    for request in requests {
        assert_eq!(request.send().expect(200).text_of("issuer"), server.url);
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "localhost@evil.example", ""] {
        server.get(path).header("host", host).send().refused(421, "wrong_host");
    }
}

#[test]
fn the_jwks_holds_public_members_only() {
    let server = TestServer::start();
    let jwks = server.get("/.well-known/jwks.json").send().expect(200);
    let keys = jwks.get("keys");
    assert_eq!(keys.as_array().unwrap().len(), 1);
    let names: Vec<_> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
}

#[test]
fn what_does_not_exist_is_404() {
    let server = TestServer::start();
    server.get("/v1/agents/me").session(&Agent::register(&server).session).send().expect(200);
    for path in [
        "/nothing",
        "/v1",
        "/v1/",
        "/v1/agents",
        "/v1/agents/me/",
        "//v1/agents/me",
        "/V1/agents/me",
        "/v1/webhooks/other",
        "/v1/subscriptions",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            Call::new(method, &server.url, path).send().refused(404, "not_found");
        }
    }
}

/// RFC 9110 section 15.5.6: a 405 says what is allowed.
#[test]
fn another_method_is_405_with_what_is_allowed() {
    let server = TestServer::start();
    for (method, path, allowed) in [
        ("GET", "/v1/oauth/token", "POST"),
        ("GET", "/v1/oauth/introspect", "POST"),
        ("PUT", "/v1/oauth/revoke", "POST"),
        ("GET", "/v1/agents/register/initiate", "POST"),
        ("POST", "/.well-known/jwks.json", "GET,HEAD"),
        ("PUT", "/v1/agents/me", "GET,HEAD,PATCH,DELETE"),
        ("TRACE", "/health", "GET,HEAD"),
        ("OPTIONS", "/v1/overseers/login", "POST"),
    ] {
        let answer = Call::new(method, &server.url, path).send().refused(405, "method_not_allowed");
        let allow: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        for name in allowed.split(',') {
            assert!(allow.contains(&name), "{method} {path}: {allow:?}");
        }
        assert_eq!(allow.len(), allowed.split(',').count(), "{method} {path}: {allow:?}");
    }
    server.get("/.well-known/jwks.json").send().expect(200);
}

#[test]
fn nothing_is_stored_or_sniffed_unless_the_answer_says_so() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let mut answers = vec![server.get("/").send(), server.get("/health").send(), server.get("/nothing").send()];
    answers.push(agent.call(&server, "GET", "/v1/agents/me").send().expect(200));
    answers.push(agent.token(&server, &[]).expect(200));
    answers.push(agent.introspect(&server, "rubbish").expect(200));
    answers.push(agent.login(&server).expect(200));
    for answer in answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    }
}
