//! Client assertions (RFC 7523) at the OAuth endpoints; the names are those of the list of negative cases.

use agentid::crypto::{base64url, jwk};
use serde_json::{Value, json};

use crate::support::agent::unique;
use crate::support::{Agent, Answer, TestServer};

const TOKEN: &str = "/v1/oauth/token";
const TYPE: (&str, &str) = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn ask(server: &TestServer, assertion: &str) -> Answer {
    Agent::oauth(server, TOKEN, assertion, &[GRANT])
}

/// The claims with one changed; `null` takes it away. Each has a `jti` of its own.
fn with(agent: &Agent, server: &TestServer, name: &str, value: Value) -> String {
    let mut claims = agent.assertion_claims(server);
    let members = claims.as_object_mut().unwrap();
    members.remove(name);
    if !value.is_null() {
        members.insert(name.to_owned(), value);
    }
    agent.assertion_of(&claims)
}

#[track_caller]
fn refused(server: &TestServer, assertion: &str) {
    ask(server, assertion).oauth_refused(401, "invalid_client");
}

#[test]
fn c01_unknown_and_wrong_look_alike() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let unknown = Agent { key: Agent::unregistered().key, id: server.app.secrets.current_id(), session: String::new() };
    let id = "01900000-0000-7000-8000-000000000000";
    let nobody = Agent { key: Agent::unregistered().key, id: id.to_owned(), session: String::new() };
    let wrong = Agent { key: Agent::unregistered().key, id: agent.id.clone(), session: String::new() };
    let answers =
        [&unknown, &nobody, &wrong].map(|agent| agent.token(&server, &[]).oauth_refused(401, "invalid_client"));
    assert_eq!(answers[0].text, answers[1].text);
    assert_eq!(answers[0].text, answers[2].text);
    agent.token(&server, &[]).expect(200);
}

#[test]
fn c02_c03_one_method_and_only_this_one() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    agent.token(&server, &[("client_secret", "x")]).oauth_refused(400, "invalid_request");
    let basic = format!("Basic {}", base64url::encode(format!("{}:secret", agent.id)));
    let form = |assertion: &str| server.post(TOKEN).form(&[GRANT, TYPE, ("client_assertion", assertion)]);
    let both = form(&agent.assertion(&server)).header("authorization", &basic).send();
    both.oauth_refused(400, "invalid_request");
    for alone in [&[GRANT, ("client_id", &agent.id)][..], &[GRANT, ("client_id", &agent.id), ("client_secret", "x")]] {
        server.post(TOKEN).form(alone).send().oauth_refused(401, "invalid_client");
    }
    let answer = server.post(TOKEN).form(&[GRANT]).header("authorization", &basic).send();
    let answer = answer.oauth_refused(401, "invalid_client");
    assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "), "{answer:?}");
    // A session is no client authentication.
    agent.call(&server, "POST", TOKEN).form(&[GRANT]).send().oauth_refused(401, "invalid_client");
    form(&agent.assertion(&server)).send().expect(200);
}

#[test]
fn c04_c05_the_algorithm_is_ed25519_by_either_name() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for alg in ["EdDSA", "Ed25519"] {
        ask(&server, &agent.jwt(&json!({ "alg": alg }), &agent.assertion_claims(&server))).expect(200);
    }
    for alg in [json!("none"), json!("HS256"), json!("ES256"), json!("RS256"), json!("eddsa"), json!(["EdDSA"])] {
        refused(&server, &agent.jwt(&json!({ "alg": alg }), &agent.assertion_claims(&server)));
    }
    refused(&server, &agent.jwt(&json!({ "typ": "JWT" }), &agent.assertion_claims(&server)));
    // An HMAC keyed with the public key, and no signature.
    let claims = base64url::encode(agent.assertion_claims(&server).to_string());
    let header = base64url::encode(json!({ "alg": "HS256" }).to_string());
    for key in [agent.key.public_key().as_bytes().to_vec(), agent.public_key().into_bytes()] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
        let tag = aws_lc_rs::hmac::sign(&key, format!("{header}.{claims}").as_bytes());
        refused(&server, &format!("{header}.{claims}.{}", base64url::encode(tag.as_ref())));
    }
    let unsigned = base64url::encode(json!({ "alg": "none" }).to_string());
    refused(&server, &format!("{unsigned}.{claims}."));
}

#[test]
fn the_type_is_that_of_an_assertion() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for header in [
        json!({ "alg": "EdDSA" }),
        json!({ "alg": "EdDSA", "typ": "JWT" }),
        json!({ "alg": "EdDSA", "typ": "client-authentication+jwt", "kid": "1" }),
    ] {
        ask(&server, &agent.jwt(&header, &agent.assertion_claims(&server))).expect(200);
    }
    for typ in [json!("at+jwt"), json!("dpop+jwt"), json!(""), json!(7)] {
        refused(&server, &agent.jwt(&json!({ "alg": "EdDSA", "typ": typ }), &agent.assertion_claims(&server)));
    }
    // An access token of ours and a DPoP proof of the agent's own key are no assertions.
    refused(&server, &agent.access_token(&server));
    refused(&server, &agent.proof(&server, "POST", TOKEN));
}

#[test]
fn c06_another_key_s_signature_or_a_key_that_comes_along_proves_nothing() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    refused(&server, &other.assertion_of(&agent.assertion_claims(&server)));
    let key = jwk::to_jwk(&other.key.public_key());
    for (name, value) in [
        ("jwk", key),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/x")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["b64"])),
        ("b64", json!(true)),
    ] {
        let header = json!({ "alg": "EdDSA", name: value });
        refused(&server, &other.jwt(&header, &agent.assertion_claims(&server)));
        refused(&server, &agent.jwt(&header, &agent.assertion_claims(&server)));
    }
    let good = agent.assertion(&server);
    let (input, signature) = good.rsplit_once('.').unwrap();
    refused(&server, &format!("{input}.{}", base64url::encode([0; 64])));
    refused(&server, &format!("{input}.{signature}="));
    refused(&server, &good.replacen('.', ".A", 1));
    ask(&server, &good).expect(200);
}

#[test]
fn c07_an_assertion_is_short_lived_and_has_begun() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let now = server.clock.now();
    let times = |iat: Value, exp: Value, nbf: Value| {
        let mut claims = agent.assertion_claims(&server);
        let members = claims.as_object_mut().unwrap();
        members.remove("iat");
        members.remove("exp");
        for (name, value) in [("iat", iat), ("exp", exp), ("nbf", nbf)] {
            if !value.is_null() {
                members.insert(name.to_owned(), value);
            }
        }
        agent.assertion_of(&claims)
    };
    let none = || Value::Null;
    for (iat, exp, nbf) in [
        (json!(now), json!(now + 300), none()),
        (none(), json!(now + 300), none()),
        (json!(now - 299), json!(now + 1), json!(now - 299)),
        (json!(now + 60), json!(now + 360), json!(now + 60)),
        (json!(now as f64 - 0.5), json!(now as f64 + 60.5), none()),
    ] {
        ask(&server, &times(iat, exp, nbf)).expect(200);
    }
    for (iat, exp, nbf) in [
        (json!(now), none(), none()),
        (json!(now), json!(now), none()),
        (json!(now - 10), json!(now - 1), none()),
        (json!(now), json!(now + 301), none()),
        (json!(now - 1), json!(now + 300), none()),
        (none(), json!(now + 361), none()),
        (json!(now + 61), json!(now + 361), none()),
        (json!(now + 61), json!(now + 100), none()),
        (json!(now), json!(now + 60), json!(now + 61)),
        (json!(now), json!((now + 60).to_string()), none()),
        (json!(now.to_string()), json!(now + 60), none()),
        (json!(now), json!(now + 60), json!("0")),
        (json!(i64::MIN), json!(now + 60), none()),
        (none(), json!(i64::MIN), none()),
        (json!(i64::MAX), json!(i64::MAX), none()),
        (json!(now), json!(u64::MAX), none()),
        (json!(now), json!(1e300), none()),
        (json!(-1e300), json!(now + 60), none()),
    ] {
        refused(&server, &times(iat, exp, nbf));
    }
}

#[test]
fn c08_an_assertion_is_for_this_server_alone() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let issuer = server.url.as_str();
    for aud in [json!(issuer), json!([issuer])] {
        ask(&server, &with(&agent, &server, "aud", aud)).expect(200);
    }
    for aud in [
        Value::Null,
        json!("https://other.example"),
        json!(format!("{issuer}/")),
        json!(format!("{issuer}{TOKEN}")),
        json!(issuer.replace("http:", "https:")),
        json!([issuer, "https://other.example"]),
        json!([issuer, issuer]),
        json!([]),
        json!([[issuer]]),
        json!({ "aud": issuer }),
        json!(7),
    ] {
        refused(&server, &with(&agent, &server, "aud", aud));
    }
}

#[test]
fn c08_older_clients_may_name_the_endpoint_when_the_setting_says_so() {
    let server = TestServer::with(|config| config.oauth.legacy_assertion_audience = true);
    let agent = Agent::register(&server);
    let token = format!("{}{TOKEN}", server.url);
    for aud in [json!(token), json!([token]), json!(server.url)] {
        ask(&server, &with(&agent, &server, "aud", aud)).expect(200);
    }
    for aud in [
        json!([token, server.url]),
        json!(format!("{}/v1/oauth/introspect", server.url)),
        json!(format!("{token}/")),
        json!("https://other.example/v1/oauth/token"),
    ] {
        refused(&server, &with(&agent, &server, "aud", aud));
    }
    let introspect = with(&agent, &server, "aud", json!(format!("{}/v1/oauth/introspect", server.url)));
    Agent::oauth(&server, "/v1/oauth/introspect", &introspect, &[("token", "x")]).expect(200);
}

#[test]
fn c09_it_says_who_it_is_from_and_about_without_contradiction() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    for (name, value) in [
        ("iss", Value::Null),
        ("iss", json!(other.id)),
        ("iss", json!([agent.id])),
        ("sub", Value::Null),
        ("sub", json!(other.id)),
        ("sub", json!(agent.id.to_uppercase())),
        ("sub", json!(7)),
    ] {
        refused(&server, &with(&agent, &server, name, value));
    }
    let both = {
        let mut claims = agent.assertion_claims(&server);
        claims["iss"] = json!(other.id);
        claims["sub"] = json!(other.id);
        claims
    };
    refused(&server, &agent.assertion_of(&both));
    agent.token(&server, &[("client_id", &other.id)]).oauth_refused(401, "invalid_client");
    agent.token(&server, &[("client_id", &agent.id)]).expect(200);
}

#[test]
fn c10_an_assertion_counts_once_everywhere() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    for jti in [Value::Null, json!(""), json!(7), json!("x".repeat(257))] {
        refused(&server, &with(&agent, &server, "jti", jti));
    }
    let mut claims = agent.assertion_claims(&server);
    claims["exp"] = json!(server.clock.now() + 300);
    let assertion = agent.assertion_of(&claims);
    ask(&server, &assertion).expect(200);
    refused(&server, &assertion);
    for path in ["/v1/oauth/introspect", "/v1/oauth/revoke"] {
        Agent::oauth(&server, path, &assertion, &[("token", "x")]).oauth_refused(401, "invalid_client");
    }
    // The jti of another agent is another one.
    let mut theirs = other.assertion_claims(&server);
    theirs["jti"] = claims["jti"].clone();
    ask(&server, &other.assertion_of(&theirs)).expect(200);

    let server = server.restart();
    claims["aud"] = json!(server.url);
    refused(&server, &agent.assertion_of(&claims));
    // Still remembered in its last second, also when the purge has run.
    server.clock.advance(299);
    server.block_on(agentid::background::purge_expired(&server.app)).unwrap();
    refused(&server, &agent.assertion_of(&claims));
    claims["jti"] = json!(unique());
    ask(&server, &agent.assertion_of(&claims)).expect(200);
}

#[test]
fn c10_of_racing_uses_one_counts() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let assertion = agent.assertion(&server);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let uses: Vec<_> = (0..8).map(|_| scope.spawn(|| ask(&server, &assertion).status)).collect();
        uses.into_iter().map(|used| used.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(server.count("access_tokens", "TRUE"), 1);
}

/// What fails before the jti is looked at does not spend it; what the agent may not have does.
#[test]
fn verify_first_then_spend() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let assertion = agent.assertion(&server);
    Agent::oauth(&server, TOKEN, &assertion, &[GRANT, ("scope", "nonsense")]).oauth_refused(400, "invalid_scope");
    ask(&server, &assertion).expect(200);
}

#[test]
fn c11_the_assertion_says_what_it_is() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let post = |more: &[(&str, &str)]| server.post(TOKEN).form(more).send();
    let assertion = agent.assertion(&server);
    let assertion = ("client_assertion", assertion.as_str());
    post(&[GRANT, assertion]).oauth_refused(401, "invalid_client");
    post(&[GRANT, TYPE]).oauth_refused(401, "invalid_client");
    let saml = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer");
    post(&[GRANT, saml, assertion]).oauth_refused(401, "invalid_client");
    for rubbish in ["x", "..", "a.b.c", &"A".repeat(9000)] {
        post(&[GRANT, TYPE, ("client_assertion", rubbish)]).oauth_refused(401, "invalid_client");
    }
    post(&[GRANT, TYPE, assertion]).expect(200);
}

/// A reader that takes the first of two members and one that takes the last see two assertions.
#[test]
fn duplicate_members_are_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let claims = agent.assertion_claims(&server).to_string();
    let sign = |header: &str, claims: &str| {
        let input = format!("{}.{}", base64url::encode(header), base64url::encode(claims));
        let signature = agent.sign(&input);
        format!("{input}.{signature}")
    };
    let header = r#"{"alg":"EdDSA"}"#;
    ask(&server, &sign(header, &claims)).expect(200);
    let twice = claims.replacen('{', &format!(r#"{{"sub":"{}","#, agent.id), 1);
    refused(&server, &sign(header, &twice));
    refused(&server, &sign(r#"{"alg":"EdDSA","alg":"EdDSA"}"#, &agent.assertion_claims(&server).to_string()));
    refused(&server, &sign(header, "[]"));
    refused(&server, &sign(header, &format!("{claims} x")));
}
