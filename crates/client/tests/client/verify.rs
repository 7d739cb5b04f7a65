//! What a verifier accepts, and each refusal beside its accepted twin.

use agentid_client::{AddressError, EntityType, Verifier, VerifierError, VerifyError};
use agentid_jose::jws::JwsError;
use serde_json::json;

use super::API;
use super::issuer::{Issuer, new_key, sign_with};

#[test]
fn a_good_token_says_who_is_calling() {
    let issuer = Issuer::start();
    let claims = issuer.verify(&issuer.token(&json!({ "act": { "sub": "other" } }))).unwrap();
    assert_eq!((claims.sub.as_str(), claims.client_id.as_str()), ("agent-1", "agent-1"));
    assert_eq!((claims.entity_type, claims.overseen), (EntityType::Agent, true));
    assert_eq!((claims.iat, claims.exp), (issuer.clock.now(), issuer.clock.now() + 900));
    assert_eq!((claims.aud, claims.cnf_jkt), (vec![API.to_owned()], None));
    assert_eq!(claims.all["act"]["sub"], "other");
    assert!(!claims.jti.is_empty());
}

#[test]
fn a_scope_is_a_whole_word() {
    let issuer = Issuer::start();
    let claims = issuer.verify(&issuer.token(&json!({}))).unwrap();
    assert!(claims.has_scope("id") && claims.has_scope("name"));
    assert!(!claims.has_scope("nam") && !claims.has_scope("id name"));
    let claims = issuer.verify(&issuer.token(&json!({ "scope": null, "overseen": null }))).unwrap();
    assert!(!claims.has_scope("") && !claims.overseen);
}

#[test]
fn only_this_api_is_the_audience() {
    let issuer = Issuer::start();
    let outcome = |aud| issuer.verify(&issuer.token(&json!({ "aud": aud }))).map(|claims| claims.aud.len());
    assert_eq!(outcome(json!(API)), Ok(1));
    assert_eq!(outcome(json!(["https://other.example", API])), Ok(2));
    let refused = Err(VerifyError::Audience(API.to_owned()));
    for aud in [
        json!("https://other.example"),
        json!("https://api.example/"),
        json!("https://api.example.evil.example"),
        json!(["https://other.example"]),
        json!([API, 1]),
        json!([]),
        json!(""),
        json!({ API: true }),
        json!(null),
    ] {
        assert_eq!(outcome(aud.clone()), refused, "{aud}");
    }
}

#[test]
fn a_token_of_another_server_is_refused() {
    let issuer = Issuer::start();
    let refusal = |iss| issuer.verify(&issuer.token(&json!({ "iss": iss }))).err();
    assert_eq!(refusal(json!(issuer.url)), None);
    assert_eq!(refusal(json!("https://id.example.org")), Some(VerifyError::Issuer));
    assert_eq!(refusal(json!(format!("{}/", issuer.url))), Some(VerifyError::Issuer));
    assert_eq!(refusal(json!(null)), Some(VerifyError::Issuer));
}

#[test]
fn only_an_access_token_is_one() {
    let issuer = Issuer::start();
    let refusal = |typ| issuer.verify(&issuer.sign_as(typ, &issuer.claims())).err();
    assert_eq!(refusal("at+jwt"), None);
    assert_eq!(refusal("application/at+jwt"), None);
    for typ in ["JWT", "dpop+jwt", "revocations+jwt", ""] {
        assert_eq!(refusal(typ), Some(VerifyError::Type), "{typ}");
    }
}

#[test]
fn a_changed_token_or_another_signature_is_refused() {
    let issuer = Issuer::start();
    let token = issuer.sign(&issuer.claims());
    assert!(issuer.verify(&token).is_ok());
    let other = issuer.token(&json!({ "sub": "agent-2" }));
    let parts: Vec<&str> = token.split('.').collect();
    let tampered = format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2]);
    assert_eq!(issuer.verify(&tampered).err(), Some(VerifyError::Token(JwsError::Signature)));
    let stranger = new_key();
    let by_stranger = sign_with(&stranger, "at+jwt", &issuer.claims());
    assert_eq!(issuer.verify(&by_stranger).err(), Some(VerifyError::UnknownKey));
    let parts_of_stranger: Vec<&str> = by_stranger.split('.').collect();
    let disguised = format!("{}.{}.{}", parts[0], parts_of_stranger[1], parts_of_stranger[2]);
    assert_eq!(issuer.verify(&disguised).err(), Some(VerifyError::Token(JwsError::Signature)));
}

#[test]
fn times_are_held_within_the_skew() {
    let issuer = Issuer::start();
    let now = issuer.clock.now();
    let refusal = |change| issuer.verify(&issuer.token(&change)).err();
    assert_eq!(refusal(json!({ "exp": now - 9 })), None);
    assert_eq!(refusal(json!({ "exp": now - 10 })), Some(VerifyError::Expired));
    assert_eq!(refusal(json!({ "exp": null })), Some(VerifyError::Expired));
    assert_eq!(refusal(json!({ "exp": "never" })), Some(VerifyError::Expired));
    assert_eq!(refusal(json!({ "iat": now + 10 })), None);
    assert_eq!(refusal(json!({ "iat": now + 11 })), Some(VerifyError::NotYet));
    assert_eq!(refusal(json!({ "iat": null })), Some(VerifyError::NotYet));
    assert_eq!(refusal(json!({ "nbf": now + 10 })), None);
    assert_eq!(refusal(json!({ "nbf": now + 11 })), Some(VerifyError::NotYet));
    assert_eq!(refusal(json!({ "nbf": "soon" })), Some(VerifyError::NotYet));
}

#[test]
fn the_skew_is_a_choice_between_0_and_60() {
    let issuer = Issuer::start();
    let expired = |seconds| issuer.token(&json!({ "exp": issuer.clock.now() - seconds }));
    let outcome = |skew, seconds| issuer.verifier().with_skew(skew).verify(&expired(seconds)).is_ok();
    assert!(!outcome(0, 0) && outcome(0, -1) && outcome(1, 0));
    assert!(outcome(1000, 59) && !outcome(1000, 60));
    assert!(!outcome(-1000, 0));
}

#[test]
fn a_clients_own_token_is_taken_only_by_who_asks_for_it() {
    let issuer = Issuer::start();
    let token = issuer.token(&json!({ "entity_type": "client" }));
    assert_eq!(issuer.verify(&token).err(), Some(VerifyError::Entity));
    let verifier = issuer.verifier().with_clients();
    assert_eq!(verifier.verify(&token).unwrap().entity_type, EntityType::Client);
    assert_eq!(verifier.verify(&issuer.token(&json!({}))).unwrap().entity_type, EntityType::Agent);
    let strange = issuer.token(&json!({ "entity_type": "overseer" }));
    assert_eq!(verifier.verify(&strange).err(), Some(VerifyError::Claim("entity_type")));
}

#[test]
fn what_rfc_9068_asks_for_is_there() {
    let issuer = Issuer::start();
    for name in ["sub", "client_id", "jti", "entity_type"] {
        for bad in [json!(null), json!(""), json!(1)] {
            let refusal = issuer.verify(&issuer.token(&json!({ name: bad }))).err();
            assert_eq!(refusal, Some(VerifyError::Claim(name)), "{name}: {bad}");
        }
    }
}

#[test]
fn a_bound_token_alone_is_refused() {
    let issuer = Issuer::start();
    assert!(issuer.verify(&issuer.token(&json!({}))).is_ok());
    for cnf in [json!({ "jkt": "some key" }), json!({ "x5t#S256": "a certificate" }), json!({}), json!(false)] {
        let refusal = issuer.verify(&issuer.token(&json!({ "cnf": cnf }))).err();
        assert_eq!(refusal, Some(VerifyError::ProofMissing), "{cnf}");
    }
}

#[test]
fn a_verifier_needs_an_audience_and_a_protected_issuer() {
    let refusal = |issuer: &str, audience: &str| Verifier::new(issuer, audience).err();
    for issuer in ["https://id.example.org", "http://127.0.0.1:8787", "http://localhost", "http://[::1]:80"] {
        assert_eq!(refusal(issuer, API), None, "{issuer}");
        assert_eq!(refusal(issuer, ""), Some(VerifierError::NoAudience));
        assert_eq!(refusal(issuer, " "), Some(VerifierError::NoAudience));
    }
    let unprotected = "http://id.example.org".to_owned();
    let unprotected = VerifierError::Address(AddressError::Unprotected(unprotected));
    assert_eq!(refusal("http://id.example.org", API), Some(unprotected));
    for malformed in ["", "id.example.org", "https://user@id.example.org", "https://id.example.org/?a=b"] {
        let malformed_error = VerifierError::Address(AddressError::Malformed(malformed.to_owned()));
        assert_eq!(refusal(malformed, API), Some(malformed_error), "{malformed}");
    }
}

#[test]
fn an_api_can_tell_a_bad_token_from_a_bad_day() {
    let expired = VerifyError::Expired;
    assert!(!expired.is_temporary() && expired.code() == "invalid_token");
    let away = VerifyError::Keys("away.".to_owned());
    assert!(away.is_temporary() && away.code() == "temporarily_unavailable");
    assert_eq!(VerifyError::ProofReplayed.code(), "invalid_dpop_proof");
}
