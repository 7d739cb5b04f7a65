//! C04–C11: a client that signs, at every OAuth endpoint. An agent's own assertions are in [`crate::http::assertions`].

use agentid::crypto::ed25519::SigningKey;
use agentid::crypto::{base64url, jwk, jws};
use serde_json::{Value, json};

use super::{RUBBISH, client, granted, refused, start};
use crate::support::agent::unique;
use crate::support::flow::{TOKEN, new_key};
use crate::support::{Agent, Answer, Client, TestServer};

const ENDPOINTS: [(&str, (&str, &str)); 3] = [
    (TOKEN, ("grant_type", "client_credentials")),
    ("/v1/oauth/introspect", ("token", "x")),
    ("/v1/oauth/revoke", ("token", "x")),
];

/// A signing client, and a server that it talks to.
struct Signer<'a> {
    server: &'a TestServer,
    client: &'a Client,
}

impl Signer<'_> {
    fn key(&self) -> &SigningKey {
        self.client.key.as_ref().unwrap()
    }

    /// Good claims with these in their place; `null` takes one away.
    fn claims(&self, changes: &[(&str, Value)]) -> Value {
        let mut claims = self.client.assertion_claims(self.server);
        for (name, value) in changes {
            let members = claims.as_object_mut().unwrap();
            members.remove(*name);
            if !value.is_null() {
                members.insert((*name).to_owned(), value.clone());
            }
        }
        claims
    }

    fn signed(&self, header: &Value, changes: &[(&str, Value)]) -> String {
        jws::sign(header, &self.claims(changes), self.key())
    }

    /// Refused everywhere; each try is an assertion of its own.
    #[track_caller]
    fn refused(&self, assertion: impl Fn() -> String) {
        for (path, form) in ENDPOINTS {
            refused(Agent::oauth(self.server, path, &assertion(), &[form]), 401, "invalid_client");
        }
    }

    #[track_caller]
    fn granted(&self, assertion: impl Fn() -> String) {
        for (path, form) in ENDPOINTS {
            granted(Agent::oauth(self.server, path, &assertion(), &[form]));
        }
    }
}

fn alg(alg: &str) -> Value {
    json!({ "alg": alg })
}

#[test]
fn c04_c05_the_algorithm_is_ed25519_by_either_name() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let signer = Signer { server: &server, client: &client };
    for name in ["EdDSA", "Ed25519"] {
        signer.granted(|| signer.signed(&alg(name), &[]));
    }
    for name in ["none", "HS256", "ES256", "RS256", "PS256", "eddsa", "Ed448", RUBBISH] {
        signer.refused(|| signer.signed(&alg(name), &[]));
    }
    signer.refused(|| {
        let unsigned = base64url::encode(alg("none").to_string());
        format!("{unsigned}.{}.", base64url::encode(signer.claims(&[]).to_string()))
    });
    // An HMAC keyed with the public key (RFC 8725 section 2.1).
    let public_key = signer.key().public_key();
    for key in [public_key.as_bytes().to_vec(), public_key.to_base64url().into_bytes()] {
        signer.refused(|| {
            let parts = [alg("HS256"), signer.claims(&[])].map(|part| base64url::encode(part.to_string()));
            let input = parts.join(".");
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
            format!("{input}.{}", base64url::encode(aws_lc_rs::hmac::sign(&key, input.as_bytes()).as_ref()))
        });
    }
}

/// What a client has signed to ask for something stands in addresses, so whoever reads them must not be the client by it.
#[test]
fn c06_a_request_object_is_no_assertion() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let signer = Signer { server: &server, client: &client };
    for name in ["response_type", "redirect_uri", "code_challenge"] {
        signer.refused(|| signer.signed(&alg("EdDSA"), &[(name, json!("code"))]));
    }
    signer.granted(|| signer.signed(&alg("EdDSA"), &[("another", json!("code"))]));
}

#[test]
fn c06_another_key_s_signature_or_a_key_that_comes_along_proves_nothing() {
    let (server, agent, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let signer = Signer { server: &server, client: &client };
    let other = new_key();
    for key in [&other, &agent.key] {
        signer.refused(|| jws::sign(&alg("EdDSA"), &signer.claims(&[]), key));
    }
    for (name, value) in [
        ("jwk", jwk::to_jwk(&other.public_key())),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/x5u")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["b64"])),
    ] {
        let header = json!({ "alg": "EdDSA", name: value });
        signer.refused(|| jws::sign(&header, &signer.claims(&[]), &other));
        signer.refused(|| signer.signed(&header, &[]));
    }
    for typ in ["at+jwt", "dpop+jwt", RUBBISH] {
        signer.refused(|| signer.signed(&json!({ "alg": "EdDSA", "typ": typ }), &[]));
    }
    for typ in ["JWT", "client-authentication+jwt"] {
        signer.granted(|| signer.signed(&json!({ "alg": "EdDSA", "typ": typ }), &[]));
    }
}

#[test]
fn c07_an_assertion_is_short_lived_and_has_begun() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let signer = Signer { server: &server, client: &client };
    let now = server.clock.now();
    let at = |seconds: i64| json!(now + seconds);
    let with = |(iat, exp, nbf): (Value, Value, Value)| {
        signer.signed(&alg("EdDSA"), &[("iat", iat), ("exp", exp), ("nbf", nbf)])
    };
    for times in [
        (at(0), at(300), Value::Null),
        (Value::Null, at(300), Value::Null),
        (at(60), at(360), at(60)),
        (at(-299), at(1), at(-299)),
    ] {
        signer.granted(|| with(times.clone()));
    }
    for times in [
        (at(0), Value::Null, Value::Null),
        (at(-60), at(0), Value::Null),
        (at(-60), at(-1), Value::Null),
        (at(0), at(301), Value::Null),
        (Value::Null, at(361), Value::Null),
        (at(61), at(100), Value::Null),
        (at(0), at(60), at(61)),
        (at(0), json!((now + 60).to_string()), Value::Null),
        (json!("now"), at(60), Value::Null),
        (at(0), json!(u64::MAX), Value::Null),
    ] {
        signer.refused(|| with(times.clone()));
    }
}

#[test]
fn c08_an_assertion_is_for_this_server_alone() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let signer = Signer { server: &server, client: &client };
    let issuer = server.url.as_str();
    for aud in [json!(issuer), json!([issuer])] {
        signer.granted(|| signer.signed(&alg("EdDSA"), &[("aud", aud.clone())]));
    }
    for aud in [
        Value::Null,
        json!("https://other.example"),
        json!(format!("{issuer}/")),
        json!(format!("{issuer}{TOKEN}")),
        json!([issuer, "https://other.example"]),
        json!([]),
        json!(client.id),
    ] {
        signer.refused(|| signer.signed(&alg("EdDSA"), &[("aud", aud.clone())]));
    }
}

#[test]
fn c09_it_says_who_it_is_from_and_about_without_contradiction() {
    let (server, agent, overseer) = start();
    let [client, other] = [(); 2].map(|()| client(&server, &overseer, "private_key_jwt"));
    let signer = Signer { server: &server, client: &client };
    for (name, value) in [
        ("iss", Value::Null),
        ("iss", json!(other.id)),
        ("iss", json!(overseer.id)),
        ("sub", Value::Null),
        ("sub", json!(other.id)),
        ("sub", json!(agent.id)),
    ] {
        signer.refused(|| signer.signed(&alg("EdDSA"), &[(name, value.clone())]));
    }
    for id in [&other.id, &agent.id] {
        signer.refused(|| signer.signed(&alg("EdDSA"), &[("iss", json!(id)), ("sub", json!(id))]));
    }
    let with_id = |id: &str| {
        let form = [("grant_type", "client_credentials"), ("client_id", id)];
        Agent::oauth(&server, TOKEN, &client.assertion(&server), &form)
    };
    refused(with_id(&other.id), 401, "invalid_client");
    refused(with_id(RUBBISH), 401, "invalid_client");
    granted(with_id(&client.id));
}

#[test]
fn c10_an_assertion_counts_once_everywhere() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let signer = Signer { server: &server, client: &client };
    for jti in [Value::Null, json!(""), json!(7), json!("x".repeat(257))] {
        signer.refused(|| signer.signed(&alg("EdDSA"), &[("jti", jti.clone())]));
    }
    for (path, form) in ENDPOINTS {
        let assertion = client.assertion(&server);
        granted(Agent::oauth(&server, path, &assertion, &[form]));
        signer.refused(|| assertion.clone());
    }
    // Over a restart, to the last second in which it would hold, and whatever is purged.
    let mut claims = signer.claims(&[("exp", json!(server.clock.now() + 300))]);
    let use_it = |server: &TestServer, claims: &Value| -> Answer {
        let assertion = jws::sign(&alg("EdDSA"), claims, client.key.as_ref().unwrap());
        Agent::oauth(server, TOKEN, &assertion, &[("grant_type", "client_credentials")])
    };
    granted(use_it(&server, &claims));
    let server = server.restart();
    claims["aud"] = json!(server.url);
    refused(use_it(&server, &claims), 401, "invalid_client");
    server.clock.advance(299);
    server.block_on(agentid::background::purge_expired(&server.app)).unwrap();
    refused(use_it(&server, &claims), 401, "invalid_client");
    claims["jti"] = json!(unique());
    granted(use_it(&server, &claims));
}

#[test]
fn c11_the_assertion_says_what_it_is() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let assertion = client.assertion(&server);
    for (path, form) in ENDPOINTS {
        let send = |more: &[(&str, &str)]| server.post(path).form(&[&[form], more].concat()).send();
        let id = ("client_id", client.id.as_str());
        refused(send(&[id, ("client_assertion", &assertion)]), 401, "invalid_client");
        refused(send(&[id, ("client_assertion_type", kind)]), 401, "invalid_client");
        for wrong in ["urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt-bearer", RUBBISH] {
            let form = [("client_assertion_type", wrong), ("client_assertion", assertion.as_str())];
            refused(send(&form), 401, "invalid_client");
        }
        for rubbish in ["x", "..", "a.b.c", RUBBISH, &"A".repeat(9000)] {
            let form = [("client_assertion_type", kind), ("client_assertion", rubbish)];
            refused(send(&form), 401, "invalid_client");
        }
        let good = client.assertion(&server);
        granted(send(&[("client_assertion_type", kind), ("client_assertion", &good)]));
    }
    // None of that has spent it.
    let form =
        [("client_assertion_type", kind), ("client_assertion", &assertion), ("grant_type", "client_credentials")];
    granted(server.post(TOKEN).form(&form).send());
}
