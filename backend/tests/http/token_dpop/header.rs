//! What a proof is: D01 to D06.

use agentid::crypto::{base64url, jwk, jws};
use serde_json::{Value, json};

use super::{Bench, PLACES, Place, Request, with};
use crate::support::flow::{self, TOKEN, new_key, userinfo};
use crate::support::{Agent, Client, ClientKey};

fn header(bench: &Bench) -> Value {
    json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk::to_jwk(&bench.key.public_key()) })
}

/// A proof with this header and good claims.
fn proof_under(request: &Request<'_>, header: &Value) -> String {
    jws::sign(header, &request.claims(), &request.bench.key)
}

#[test]
fn d01_a_client_that_binds_its_tokens_sends_a_proof() {
    let bench = Bench::start();
    let (server, agent) = (&bench.server, &bench.agent);
    let only = json!({ "dpop_bound_access_tokens": true });
    let client = Client::register(server, &bench.overseer, only.clone());
    let free = Client::register(server, &bench.overseer, json!({}));
    let send = |client: &Client, form: flow::Form<'static>, is_proven: bool| {
        let claims =
            with(&flow::proof_claims(server, "POST", TOKEN, None), "htu", json!(format!("{}{TOKEN}", super::ISSUER)));
        let call = client.oauth(server, TOKEN, form);
        if is_proven { call.header("dpop", &flow::proof_of(&bench.key, &claims)) } else { call }.send()
    };
    let own = || vec![("grant_type", "client_credentials".to_owned())];
    send(&client, own(), false).oauth_refused(400, "invalid_dpop_proof");
    assert_eq!(send(&client, own(), true).expect(200).text_of("token_type"), "DPoP");
    assert_eq!(send(&free, own(), false).expect(200).text_of("token_type"), "Bearer");

    let code = Client::redemption(&agent.code_for(server, &client, &json!({})));
    send(&client, code.clone(), false).oauth_refused(400, "invalid_dpop_proof");
    let tokens = send(&client, code, true).expect(200);
    let refreshing = Client::refreshing(&tokens.text_of("refresh_token"), &[]);
    send(&client, refreshing.clone(), false).oauth_refused(400, "invalid_dpop_proof");
    send(&client, refreshing, true).expect(200);

    // A client that comes to it later: what it refreshes is bound from then on.
    let tokens = send(&free, Client::redemption(&agent.code_for(server, &free, &json!({}))), false).expect(200);
    free.change(server, &bench.overseer, &only).expect(200);
    let refreshing = Client::refreshing(&tokens.text_of("refresh_token"), &[]);
    send(&free, refreshing.clone(), false).oauth_refused(400, "invalid_dpop_proof");
    send(&free, own(), false).oauth_refused(400, "invalid_dpop_proof");
    assert_eq!(send(&free, refreshing, true).expect(200).text_of("token_type"), "DPoP");
}

#[test]
fn d01_a_bound_token_comes_with_a_proof() {
    let bench = Bench::start();
    for place in [Place::Refresh, Place::Userinfo] {
        let request = bench.request(place);
        request.refuse(&[]);
        request.accept_good();
    }
    // Where nothing is bound none is needed.
    let own = bench.request(Place::OwnToken).send(&[]).expect(200);
    assert_eq!(own.text_of("token_type"), "Bearer");
    userinfo(&bench.server, &own.text_of("access_token")).expect(200);
}

#[test]
fn d02_there_is_one_proof_and_it_is_a_jws() {
    let bench = Bench::start();
    for place in PLACES {
        let request = bench.request(place);
        let (good, other) = (request.proof(&request.claims()), request.proof(&request.claims()));
        let parts: Vec<&str> = good.split('.').collect();
        for proof in [
            String::new(),
            "..".to_owned(),
            "a.b.c".to_owned(),
            "DPoP".to_owned(),
            parts[..2].join("."),
            format!("{good}.{}", parts[2]),
            format!("{good}, {other}"),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}.{}", base64url::encode("[]"), parts[1], parts[2]),
            "A".repeat(8193),
        ] {
            request.refuse(&[&proof]);
        }
        request.refuse(&[&good, &other]);
        request.refuse(&[&good, &good]);
        request.accept(&[&good]);
    }
}

#[test]
fn d03_the_type_is_dpop_jwt() {
    let bench = Bench::start();
    for place in PLACES {
        let request = bench.request(place);
        for typ in [
            Value::Null,
            json!("JWT"),
            json!("at+jwt"),
            json!("dpop"),
            json!("DPoP+JWT"),
            json!(1),
            json!(["dpop+jwt"]),
        ] {
            request.refuse(&[&proof_under(&request, &with(&header(&bench), "typ", typ))]);
        }
        request.accept(&[&proof_under(&request, &header(&bench))]);
    }
}

/// Under the client's or agent's assertion key a JWT of another kind, be it ever so good, proves nothing.
#[test]
fn d03_an_assertion_is_no_proof() {
    let bench = Bench::start();
    let request = bench.request(Place::OwnToken);
    request.refuse(&[&bench.assertion()]);
    request.accept_good();
}

#[test]
fn d04_the_algorithm_is_one_that_is_advertised_and_that_of_the_key() {
    let bench = Bench::start();
    let document = bench.server.get("/.well-known/openid-configuration").send().expect(200);
    assert_eq!(document.get("dpop_signing_alg_values_supported"), json!(["EdDSA", "Ed25519", "ES256"]));
    for place in PLACES {
        let request = bench.request(place);
        for alg in ["none", "HS256", "ES256", "RS256", "PS256", "ES256K", "Ed448", "eddsa", ""] {
            request.refuse(&[&proof_under(&request, &with(&header(&bench), "alg", json!(alg)))]);
        }
        for alg in [Value::Null, json!(1)] {
            request.refuse(&[&proof_under(&request, &with(&header(&bench), "alg", alg))]);
        }
        for forged in forged(&request) {
            request.refuse(&[&forged]);
        }
        request.accept(&[&proof_under(&request, &header(&bench))]);
        let request = bench.request(place);
        request.accept(&[&proof_under(&request, &with(&header(&bench), "alg", json!("Ed25519")))]);
    }
}

#[test]
fn d04_d12_a_token_can_be_bound_to_a_key_on_p256() {
    let bench = Bench::start();
    let (key, other) = (ClientKey::generate("ES256"), ClientKey::generate("ES256"));
    let request = bench.request(Place::Code);
    let sign = |key: &ClientKey, claims: &Value| key.jwt(&json!({ "typ": "dpop+jwt", "jwk": key.jwk() }), claims);
    let mixed = key.jwt(&json!({ "typ": "dpop+jwt", "jwk": other.jwk() }), &request.claims());
    request.refuse(&[&mixed]);
    let rsa = ClientKey::generate("PS256");
    request.refuse(&[&sign(&rsa, &request.claims())]);
    let token = request.accept(&[&sign(&key, &request.claims())]).text_of("access_token");
    let asked = Request { bench: &bench, place: Place::Userinfo, form: Vec::new(), token: Some(token) };
    let refused = asked.send(&[&sign(&other, &asked.claims())]);
    refused.oauth_refused(401, "invalid_token");
    asked.accept(&[&sign(&key, &asked.claims())]);
}

/// Without a signature, and under an HMAC whose key is the public key: both pass a verifier that believes `alg`.
fn forged(request: &Request<'_>) -> [String; 2] {
    let input = |alg: &str| {
        let header = with(&header(request.bench), "alg", json!(alg));
        format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(request.claims().to_string()))
    };
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, request.bench.key.public_key().as_bytes());
    let keyed = input("HS256");
    let tag = aws_lc_rs::hmac::sign(&key, keyed.as_bytes());
    [format!("{}.", input("none")), format!("{keyed}.{}", base64url::encode(tag.as_ref()))]
}

#[test]
fn d05_the_key_is_there_and_public() {
    let bench = Bench::start();
    let key = jwk::to_jwk(&bench.key.public_key());
    // The identity: under it anybody's signature could be good.
    let identity = base64url::encode([[1].as_slice(), &[0; 31]].concat());
    for place in PLACES {
        let request = bench.request(place);
        for jwk in [
            Value::Null,
            json!("text"),
            json!([key]),
            with(&key, "d", json!(bench.key.public_key().to_base64url())),
            with(&key, "kty", json!("oct")),
            with(&key, "kty", json!("EC")),
            with(&key, "crv", json!("X25519")),
            with(&key, "x", Value::Null),
            with(&key, "x", json!(identity)),
            json!({ "kty": "oct", "k": bench.key.public_key().to_base64url() }),
            jwk::to_jwk(&new_key().public_key()),
        ] {
            request.refuse(&[&proof_under(&request, &with(&header(&bench), "jwk", jwk))]);
        }
        // A reference to a key is no key, and none is fetched.
        for (name, value) in [("jku", "https://evil.example/jwks"), ("kid", "1"), ("x5u", "https://evil.example/x")] {
            let header = with(&with(&header(&bench), "jwk", Value::Null), name, json!(value));
            request.refuse(&[&proof_under(&request, &header)]);
        }
        request.accept(&[&proof_under(&request, &header(&bench))]);
    }
}

#[test]
fn d06_the_signature_is_that_of_the_key_over_this_text() {
    let bench = Bench::start();
    for place in PLACES {
        let request = bench.request(place);
        let proof = request.proof(&request.claims());
        let (input, signature) = proof.rsplit_once('.').unwrap();
        let mut bytes = base64url::decode(signature).unwrap();
        bytes[7] ^= 1;
        request.refuse(&[&format!("{input}.{}", base64url::encode(bytes))]);
        let (_, another) =
            request.proof(&request.claims()).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        request.refuse(&[&format!("{input}.{another}")]);
        let by_another = jws::sign(&header(&bench), &request.claims(), &Agent::unregistered().key);
        request.refuse(&[&by_another]);
        request.accept(&[&proof]);
    }
}

/// What is no text can not be sent by the tests' own client.
#[test]
fn d02_the_header_is_text() {
    let bench = Bench::start();
    for place in [Place::OwnToken, Place::Userinfo] {
        let request = bench.request(place);
        let (method, path) = request.method_and_path();
        let token = request.token.as_deref().unwrap_or_default();
        let authorization = format!("Authorization: DPoP {token}");
        let form = "Content-Type: application/x-www-form-urlencoded";
        let more = [authorization.as_str(), form, "Content-Length: 0", "Connection: close", "DPoP: \u{e9}"];
        let answer = bench.server.connect().send(bench.server.head(method, path, &more)).rest();
        assert!(answer.contains("\"invalid_dpop_proof\""), "{answer}");
    }
}
