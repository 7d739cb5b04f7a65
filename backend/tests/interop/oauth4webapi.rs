//! A client of the FAPI 2.0 Security Profile, made with `oauth4webapi`: code, PKCE, pushed requests, DPoP with nonces, and
//! `private_key_jwt` with Ed25519 and with ES256; refresh, introspection, revocation.

use agentid::config::DpopNonce;
use agentid::crypto::base64url;
use agentid::crypto::signer::{Signer, SigningAlgorithm};
use agentid::random::Random;
use serde_json::{Value, json};

use super::application::Application;
use super::{folder, program, tools};
use crate::support::browser::Browser;
use crate::support::{Agent, Answer, Overseer, TestServer};
use agentid::clock::Clock;

/// As the program reads it: a private JWK, and what WebCrypto calls its algorithm.
pub fn key(algorithm: SigningAlgorithm) -> (Value, Value, Value) {
    let signer = Signer::generate(algorithm, Random::system());
    let public = signer.verifying_key().to_jwk();
    let mut private = public.clone();
    // Of a key in PKCS#8 version 1 the private part is at a fixed place (RFC 8410 section 7, RFC 5915 section 3).
    let der = signer.to_pkcs8();
    let (at, name) = match algorithm {
        SigningAlgorithm::EdDsa => (16, json!({ "name": "Ed25519" })),
        SigningAlgorithm::Es256 | SigningAlgorithm::Rs256 => (36, json!({ "name": "ECDSA", "namedCurve": "P-256" })),
    };
    private["d"] = json!(base64url::encode(&der[at..at + 32]));
    (public, private, name)
}

fn visit(nonces: DpopNonce, algorithm: SigningAlgorithm, dpop: &str) {
    let folder_of_server = tempfile::tempdir().unwrap();
    let server = TestServer::in_folder(folder_of_server, Clock::system(), |config| config.oauth.dpop_nonce = nonces);
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let (public, private, name) = key(algorithm);
    let mut node = program(tools("oidc_client_ts").join("node_modules/.bin/node"));
    node.arg(folder("oauth4webapi").join("application.mjs")).env("TOOLS", tools("oauth4webapi"));
    let mut application = Application::start(&mut node);
    let metadata = json!({
        "profile": "fapi2", "application_type": "native", "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [public] }, "id_token_signed_response_alg": "ES256",
    });
    application.register(&server, &overseer, metadata, json!({ "key": private, "algorithm": name, "dpop": dpop }));

    let browser = Browser::new(&server);
    let page = browser.follow(application.get(&browser, "/sign-in")).expect(200);
    let answer = browser.allow(&browser.log_in(&page, &overseer));
    let address = answer.header("location").unwrap_or_else(|| panic!("no location: {answer:?}"));
    let signed_in = application.get(&browser, address).expect(200).json();
    is_about(&signed_in, &agent);
    let has_retried = signed_in["nonces"].as_i64().unwrap() > 0;
    assert_eq!(has_retried, nonces == DpopNonce::Required, "{signed_in}");

    let refreshed = application.get(&browser, "/refresh").expect(200).json();
    is_about(&refreshed, &agent);
    assert_eq!(refreshed["is_kept"], true);
    let revoked: Answer = application.get(&browser, "/revoke").expect(200);
    assert_eq!(revoked.json()["introspection"], json!({ "active": false }));
}

#[track_caller]
fn is_about(known: &Value, agent: &Agent) {
    assert_eq!(known["claims"]["sub"], agent.id, "{known}");
    assert_eq!(known["userinfo"], json!({ "sub": agent.id, "name": "test agent" }));
    assert_eq!(known["introspection"]["active"], true);
    assert_eq!(known["token_type"], "dpop");
}

#[test]
fn oauth4webapi_signs_with_ed25519() {
    visit(DpopNonce::Required, SigningAlgorithm::EdDsa, "Ed25519");
}

#[test]
fn oauth4webapi_signs_with_es256() {
    visit(DpopNonce::Required, SigningAlgorithm::Es256, "ES256");
    visit(DpopNonce::Off, SigningAlgorithm::Es256, "ES256");
}
