//! Bound tokens: accepted with a proof for just this request, by the token's key, once.

use agentid_client::{Key, Verifier, VerifyError};
use agentid_jose::dpop::{self, InvalidProof, Request};
use agentid_jose::ed25519::SigningKey;
use agentid_jose::random::Random;
use serde_json::json;

use super::issuer::{Issuer, new_key};

const URL: &str = "https://api.example/news";

/// An issuer, a verifier by its clock, a key, and a token that is bound to it.
struct Scene {
    issuer: Issuer,
    verifier: Verifier,
    key: SigningKey,
    token: String,
}

impl Scene {
    fn new() -> Self {
        let (issuer, key) = (Issuer::start(), new_key());
        let token = issuer.token(&json!({ "cnf": { "jkt": Key::from(new_copy(&key)).thumbprint() } }));
        Self { verifier: issuer.verifier(), issuer, key, token }
    }

    fn proof(&self, method: &str, url: &str) -> String {
        self.proof_with(&self.key, method, url, Some(&self.token))
    }

    fn proof_with(&self, key: &SigningKey, method: &str, url: &str, token: Option<&str>) -> String {
        let extras = dpop::Extras { access_token: token, nonce: None };
        dpop::sign(Request { method, url }, extras, key, self.issuer.clock.now(), Random::system())
    }

    /// What the verifier says to a request `GET` to [`URL`] with this proof.
    fn refusal(&self, proof: &str) -> Option<VerifyError> {
        self.verifier.verify_dpop(&self.token, proof, "GET", URL).err()
    }
}

fn new_copy(key: &SigningKey) -> SigningKey {
    SigningKey::from_pkcs8(&key.to_pkcs8()).unwrap()
}

#[test]
fn a_proof_for_this_request_is_accepted_once() {
    let scene = Scene::new();
    let proof = scene.proof("GET", URL);
    let claims = scene.verifier.verify_dpop(&scene.token, &proof, "GET", URL).unwrap();
    assert_eq!((claims.sub.as_str(), claims.cnf_jkt.is_some()), ("agent-1", true));
    assert_eq!(scene.refusal(&proof), Some(VerifyError::ProofReplayed));
    assert_eq!(scene.refusal(&scene.proof("GET", URL)), None);
    scene.issuer.clock.advance(60);
    assert_eq!(scene.refusal(&proof), Some(VerifyError::ProofReplayed), "as long as it is good");
    scene.issuer.clock.advance(1);
    assert_eq!(scene.refusal(&proof), Some(VerifyError::Proof(InvalidProof::Time)));
}

#[test]
fn a_replay_is_found_among_many() {
    let scene = Scene::new();
    let proof = scene.proof("GET", URL);
    assert_eq!(scene.refusal(&proof), None);
    // At the end of its life, more than are kept before the expired ones are swept out.
    scene.issuer.clock.advance(60);
    for _ in 0..1100 {
        assert_eq!(scene.refusal(&scene.proof("GET", URL)), None);
    }
    assert_eq!(scene.refusal(&proof), Some(VerifyError::ProofReplayed));
}

#[test]
fn a_refused_proof_is_not_spent() {
    let scene = Scene::new();
    let proof = scene.proof("GET", URL);
    assert!(scene.verifier.verify_dpop(&scene.token, &proof, "POST", URL).is_err());
    assert_eq!(scene.refusal(&proof), None);
}

#[test]
fn a_proof_goes_with_one_token() {
    let scene = Scene::new();
    let refusal = |token| scene.refusal(&scene.proof_with(&scene.key, "GET", URL, token));
    assert_eq!(refusal(Some(&scene.token)), None);
    assert_eq!(refusal(Some("another token")), Some(VerifyError::ProofToken));
    assert_eq!(refusal(None), Some(VerifyError::ProofToken));
}

#[test]
fn a_proof_is_by_the_tokens_key() {
    let scene = Scene::new();
    let by = |key| scene.refusal(&scene.proof_with(key, "GET", URL, Some(&scene.token)));
    assert_eq!(by(&scene.key), None);
    assert_eq!(by(&new_key()), Some(VerifyError::ProofKey));
}

#[test]
fn a_proof_is_for_one_method_and_address() {
    let scene = Scene::new();
    let refusal = |method: &str, url: &str| scene.refusal(&scene.proof(method, url));
    assert_eq!(refusal("GET", URL), None);
    assert_eq!(refusal("GET", &format!("{URL}?page=2#top")), None);
    assert_eq!(refusal("GET", "HTTPS://API.example:443/x/../news"), None);
    assert_eq!(refusal("POST", URL), Some(VerifyError::Proof(InvalidProof::Method("GET".to_owned()))));
    let address = Some(VerifyError::Proof(InvalidProof::Address(URL.to_owned())));
    for url in ["https://api.example/news/", "https://other.example/news", "http://api.example/news", "/news", ""] {
        assert_eq!(refusal("GET", url), address, "{url}");
    }
}

#[test]
fn a_proof_is_fresh() {
    let scene = Scene::new();
    let at = |seconds: i64| {
        let (request, now) = (Request { method: "GET", url: URL }, scene.issuer.clock.now() + seconds);
        let extras = dpop::Extras { access_token: Some(&scene.token), nonce: None };
        scene.refusal(&dpop::sign(request, extras, &scene.key, now, Random::system()))
    };
    assert_eq!((at(-60), at(10)), (None, None));
    for seconds in [-61, 11] {
        assert_eq!(at(seconds), Some(VerifyError::Proof(InvalidProof::Time)), "{seconds}");
    }
}

#[test]
fn another_jwt_is_no_proof() {
    let scene = Scene::new();
    assert_eq!(scene.refusal(&scene.token), Some(VerifyError::Proof(InvalidProof::Type)));
    assert!(matches!(scene.refusal("x"), Some(VerifyError::Proof(InvalidProof::Token(_)))));
}

#[test]
fn an_unbound_token_is_not_made_better_by_a_proof() {
    let scene = Scene::new();
    let unbound = scene.issuer.token(&json!({}));
    let proof = scene.proof_with(&scene.key, "GET", URL, Some(&unbound));
    let refusal = scene.verifier.verify_dpop(&unbound, &proof, "GET", URL).err();
    assert_eq!(refusal, Some(VerifyError::NotBound));
    assert!(scene.verifier.verify(&unbound).is_ok());
}
