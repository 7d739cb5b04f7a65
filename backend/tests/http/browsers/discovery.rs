//! W01–W03, B07: what anybody may read of the server, and from where.

use agentid::oauth::signing_keys::SOONEST;
use serde_json::{Value, json};

use super::{ParseIssuer as _, overseen};
use crate::support::{Agent, Call, Client, TestServer};

#[test]
fn w01_no_header_changes_the_issuer() {
    let server = TestServer::start();
    let document = server.get("/.well-known/openid-configuration").send().expect(200);
    let forwarded = server
        .get("/.well-known/openid-configuration")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example")
        .send()
        .expect(200);
    assert_eq!(document.json(), forwarded.json());
    assert_eq!(document.text_of("issuer"), server.url);
    for (name, value) in document.json().as_object().unwrap() {
        if let Some(address) = value.as_str().filter(|_| name.ends_with("_endpoint") || name.ends_with("_uri")) {
            assert!(address.starts_with(&server.url), "{name}: {address}");
        }
    }
    server.get("/.well-known/openid-configuration").header("host", "evil.example").send().refused(421, "wrong_host");
}

#[test]
fn w02_an_issuer_with_a_path_answers_both_forms() {
    let server = TestServer::with(|config| config.server.issuer = "https://id.example/tenant".parse_issuer());
    let both = [
        "/.well-known/oauth-authorization-server/tenant",
        "/.well-known/openid-configuration/tenant",
        "/tenant/.well-known/openid-configuration",
        // What a proxy that takes the path away sends on.
        "/.well-known/openid-configuration",
    ];
    for path in both {
        let document = server.get(path).send().expect(200);
        assert_eq!(document.text_of("issuer"), "https://id.example/tenant", "{path}");
        assert_eq!(document.text_of("token_endpoint"), "https://id.example/tenant/v1/oauth/token");
        server.post(path).send().refused(405, "method_not_allowed");
    }
    for path in ["/.well-known/openid-configuration/other", "/tenant/tenant/health", "/tenantx/health", "/other/health"]
    {
        server.get(path).send().refused(404, "not_found");
    }
    server.get("/tenant/health").send().expect(200);
    Agent::register(&server).token(&server, &[]).expect(200);
}

#[test]
fn w03_the_keys_are_public_and_each_has_its_own_id() {
    let (server, agent, overseer, _) = overseen();
    for algorithm in ["ES256", "RS256"] {
        let metadata = json!({ "id_token_signed_response_alg": algorithm });
        let client = Client::register(&server, &overseer, metadata);
        server.clock.advance(SOONEST);
        agent.tokens_for(&server, &client, &json!({ "scope": "openid" }));
    }
    let keys = server.get("/.well-known/jwks.json").send().expect(200).get("keys");
    let keys = keys.as_array().unwrap();
    let mut ids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), keys.len()), (3, 3));
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert_eq!(key[private], Value::Null, "{key}");
        }
        assert_eq!(key["use"], "sig");
    }
}

#[test]
fn b07_only_what_needs_no_cookie_is_open_to_pages_elsewhere() {
    let (server, agent, _, client) = overseen();
    let preflight = |path: &str| {
        Call::new("OPTIONS", &server.origin(), path)
            .header("origin", "https://spa.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,dpop")
            .send()
    };
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/v1/oauth/token",
        "/v1/oauth/userinfo",
        "/v1/oauth/revoke",
        "/v1/oauth/revocations",
    ] {
        let answer = preflight(path).expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        let allowed = answer.header("access-control-allow-headers").unwrap();
        assert!(["authorization", "content-type", "dpop"].iter().all(|name| allowed.contains(name)), "{allowed}");
    }
    let tokens = server.post("/v1/oauth/token").form(&[]).header("origin", "https://spa.example").send();
    assert_eq!(tokens.header("access-control-allow-origin"), Some("*"));
    let exposed = tokens.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("www-authenticate") && exposed.contains("dpop-nonce"), "{exposed}");
    let interaction = "/v1/oauth/interaction/01900000-0000-7000-8000-000000000000";
    for path in ["/v1/oauth/authorize", "/v1/oauth/logout", interaction, "/v1/oauth/introspect", "/v1/agents/me", "/"] {
        let answers = [preflight(path), server.get(path).header("origin", "https://spa.example").send()];
        for answer in answers {
            assert_eq!(answer.header("access-control-allow-origin"), None, "{path}: {answer:?}");
        }
    }
    assert_ne!(agent.id, client.id);
}
