//! DPoP proofs as an agent's credential (RFC 9449 section 4.3); the names are those of the list of
//! negative cases.

use agentid::crypto::{base64url, jwk};
use serde_json::{Value, json};

use crate::support::agent::unique;
use crate::support::flow::with;
use crate::support::{Agent, Answer, TestServer};

const ME: &str = "/v1/agents/me";

fn show(server: &TestServer, proof: &str) -> Answer {
    server.get(ME).header("dpop", proof).send()
}

fn header(agent: &Agent) -> Value {
    json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk::to_jwk(&agent.key.public_key()) })
}

#[test]
fn d02_what_is_no_jws_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let good = agent.proof(&server, "GET", ME);
    let parts: Vec<&str> = good.split('.').collect();
    for proof in [
        "".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        parts[..2].join("."),
        format!("{good}.{}", parts[2]),
        format!("{good}="),
        "A".repeat(8193),
        format!("{}.{}.{}", base64url::encode("[]"), parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
    ] {
        show(&server, &proof).refused(401, "invalid_dpop_proof");
    }
    show(&server, &good).expect(200);
}

#[test]
fn d03_to_d05_the_header_says_what_it_is_and_brings_a_public_key() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let key = jwk::to_jwk(&agent.key.public_key());
    for (name, value) in [
        ("typ", Value::Null),
        ("typ", json!("JWT")),
        ("typ", json!("at+jwt")),
        ("typ", json!(1)),
        ("alg", Value::Null),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("eddsa")),
        ("jwk", Value::Null),
        ("jwk", json!("text")),
        ("jwk", with(&key, "d", json!(agent.public_key()))),
        ("jwk", with(&key, "kty", json!("oct"))),
        ("jwk", with(&key, "crv", json!("X25519"))),
        ("jwk", jwk::to_jwk(&Agent::unregistered().key.public_key())),
        // The identity: under it anybody's signature could be good.
        ("jwk", with(&key, "x", json!(base64url::encode([[1].as_slice(), &[0; 31]].concat())))),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
    ] {
        let proof = agent.jwt(&with(&header(&agent), name, value.clone()), &agent.proof_claims(&server, "GET", ME));
        show(&server, &proof).refused(401, "invalid_dpop_proof");
    }
    for name in ["EdDSA", "Ed25519"] {
        let header = with(&header(&agent), "alg", json!(name));
        show(&server, &agent.jwt(&header, &agent.proof_claims(&server, "GET", ME))).expect(200);
    }
}

/// An HMAC whose key is the public key, and no signature at all: both would pass a verifier that believes `alg`.
#[test]
fn d04_the_proof_does_not_choose_how_it_is_verified() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let claims = base64url::encode(agent.proof_claims(&server, "GET", ME).to_string());
    let unsigned = base64url::encode(with(&header(&agent), "alg", json!("none")).to_string());
    show(&server, &format!("{unsigned}.{claims}.")).refused(401, "invalid_dpop_proof");
    let keyed = base64url::encode(with(&header(&agent), "alg", json!("HS256")).to_string());
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, agent.key.public_key().as_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, format!("{keyed}.{claims}").as_bytes());
    let proof = format!("{keyed}.{claims}.{}", base64url::encode(tag.as_ref()));
    show(&server, &proof).refused(401, "invalid_dpop_proof");
}

#[test]
fn d06_a_changed_signature_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let proof = agent.proof(&server, "GET", ME);
    let (input, signature) = proof.rsplit_once('.').unwrap();
    let mut bytes = base64url::decode(signature).unwrap();
    bytes[7] ^= 1;
    show(&server, &format!("{input}.{}", base64url::encode(bytes))).refused(401, "invalid_dpop_proof");
    show(&server, &proof).expect(200);
}

#[test]
fn d07_a_proof_is_for_one_method_and_one_address() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let claims = agent.proof_claims(&server, "GET", ME);
    let htu = |text: String| json!(text);
    for (name, value) in [
        ("htm", Value::Null),
        ("htm", json!("POST")),
        ("htm", json!("get")),
        ("htm", json!(["GET"])),
        ("htu", Value::Null),
        ("htu", json!(7)),
        ("htu", json!(ME)),
        ("htu", htu(format!("{}/", claims["htu"].as_str().unwrap()))),
        ("htu", htu(format!("{}/v1/agents/login", server.url))),
        ("htu", htu(format!("{}/v1/agents/ME", server.url))),
        ("htu", htu(format!("{}{ME}", server.url.replace("http:", "https:")))),
        ("htu", htu(format!("{}{ME}", server.url.replace("127.0.0.1", "localhost")))),
        ("htu", htu(format!("{}{ME}", server.url.replace("127.0.0.1", "user@127.0.0.1")))),
        ("htu", htu(format!("https://evil.example{ME}"))),
    ] {
        show(&server, &agent.proof_of(&with(&claims, name, value))).refused(401, "invalid_dpop_proof");
    }
    show(&server, &agent.proof_of(&claims)).expect(200);
    // The method of the proof is that of the request, not one that happens to be allowed there.
    let patch = server.patch(ME).json(&json!({ "name": "new" })).header("dpop", &agent.proof(&server, "GET", ME));
    patch.send().refused(401, "invalid_dpop_proof");
}

#[test]
fn d08_another_spelling_of_the_same_address_is_accepted() {
    let server = TestServer::with(|config| config.server.trusted_proxies = Vec::new());
    let agent = Agent::register(&server);
    let address = format!("{}{ME}", server.url);
    for htu in [
        format!("{address}?page=2"),
        format!("{address}#part"),
        address.replace("http:", "HTTP:"),
        format!("{}/v1/./agents/x/../me", server.url),
    ] {
        let claims = with(&agent.proof_claims(&server, "GET", ME), "htu", json!(htu));
        show(&server, &agent.proof_of(&claims)).expect(200);
    }
    // The query of the request is no part of the address either.
    let path = "/v1/agents/me/oauth-history";
    let proof = agent.proof(&server, "GET", path);
    server.get(&format!("{path}?limit=1")).header("dpop", &proof).send().expect(200);
}

#[test]
fn d09_a_proof_is_fresh() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let now = server.clock.now();
    let at = |iat: Value| agent.proof_of(&with(&agent.proof_claims(&server, "GET", ME), "iat", iat));
    for iat in [now - 60, now - 10, now + 10] {
        show(&server, &at(json!(iat))).expect(200);
    }
    for iat in [json!(now - 61), json!(now + 11), json!(now - 600), json!(now + 600), json!(i64::MIN), json!(i64::MAX)]
    {
        show(&server, &at(iat)).refused(401, "invalid_dpop_proof");
    }
    for iat in [Value::Null, json!(now.to_string()), json!(1e300), json!([now])] {
        show(&server, &at(iat)).refused(401, "invalid_dpop_proof");
    }
    // RFC 7519 section 2: a NumericDate may have a fraction.
    show(&server, &at(json!(now as f64 + 0.25))).expect(200);
}

#[test]
fn d10_a_proof_counts_once() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let claims = agent.proof_claims(&server, "GET", ME);
    for jti in [Value::Null, json!(""), json!(7), json!("x".repeat(257))] {
        show(&server, &agent.proof_of(&with(&claims, "jti", jti))).refused(401, "invalid_dpop_proof");
    }
    show(&server, &agent.proof_of(&with(&claims, "jti", json!("x".repeat(256))))).expect(200);

    let proof = agent.proof_of(&claims);
    show(&server, &proof).expect(200);
    show(&server, &proof).refused(401, "proof_replayed");
    // The same jti in another proof of this key is the same proof; another agent's is not.
    let path = "/v1/agents/me/overseer";
    let elsewhere = with(&agent.proof_claims(&server, "GET", path), "jti", claims["jti"].clone());
    server.get(path).header("dpop", &agent.proof_of(&elsewhere)).send().refused(401, "proof_replayed");
    show(&server, &other.proof_of(&claims)).expect(200);

    let server = server.restart();
    let url = server.url.clone();
    // The restarted server has another port, and so another issuer: the proof says the new address.
    let again = with(&claims, "htu", json!(format!("{url}{ME}")));
    show(&server, &agent.proof_of(&again)).refused(401, "proof_replayed");
    show(&server, &agent.proof_of(&with(&again, "jti", json!(unique())))).expect(200);
}

/// As long as a proof would be accepted it is remembered, also when the purge has run.
#[test]
fn d10_a_proof_is_remembered_past_its_window() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let mut claims = agent.proof_claims(&server, "GET", ME);
    claims["iat"] = json!(server.clock.now() + 10);
    let proof = agent.proof_of(&claims);
    show(&server, &proof).expect(200);
    server.clock.advance(70);
    server.block_on(agentid::background::purge_expired(&server.app)).unwrap();
    show(&server, &proof).refused(401, "proof_replayed");
    server.clock.advance(1);
    show(&server, &proof).refused(401, "invalid_dpop_proof");
}

#[test]
fn racing_uses_of_one_proof_count_once() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let proof = agent.proof(&server, "GET", ME);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let uses: Vec<_> = (0..8).map(|_| scope.spawn(|| show(&server, &proof).status)).collect();
        uses.into_iter().map(|used| used.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 7, "{statuses:?}");
}

/// A proof with `ath` goes with an access token: it must not stand for the agent itself.
#[test]
fn a_proof_made_for_an_access_token_is_no_credential() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let claims = agent.proof_claims(&server, "GET", ME);
    for ath in [json!(base64url::encode([7; 32])), json!(""), json!(7)] {
        show(&server, &agent.proof_of(&with(&claims, "ath", ath))).refused(401, "invalid_dpop_proof");
    }
    show(&server, &agent.proof_of(&claims)).expect(200);
}

#[test]
fn a_key_that_no_agent_has_is_nobody() {
    let server = TestServer::start();
    let stranger = Agent::unregistered();
    let proof = stranger.proof(&server, "GET", ME);
    let answer = show(&server, &proof).refused(401, "not_authenticated");
    assert!(answer.header("www-authenticate").unwrap().contains("DPoP"));
    assert!(answer.header("www-authenticate").unwrap().contains("Bearer"));
}
