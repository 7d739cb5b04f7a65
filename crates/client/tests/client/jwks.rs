//! How often the keys are fetched, and what holds when they can not be.

use agentid_client::VerifyError;
use serde_json::json;

use super::issuer::{Issuer, JWKS, new_key, sign_with};

#[test]
fn many_tokens_cost_one_fetch() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    for _ in 0..5 {
        verifier.verify(&issuer.token(&json!({}))).unwrap();
    }
    assert_eq!(issuer.heard(JWKS).len(), 1);
}

#[test]
fn a_new_key_is_found_and_strangers_cause_a_fetch_every_10_seconds_at_most() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    verifier.verify(&issuer.token(&json!({}))).unwrap();
    let new = new_key();
    issuer.publish(&[&issuer.key, &new], "max-age=300");
    let by_new = sign_with(&new, "at+jwt", &issuer.claims());
    issuer.clock.advance(9);
    assert_eq!(verifier.verify(&by_new).err(), Some(VerifyError::UnknownKey));
    assert_eq!(issuer.heard(JWKS).len(), 1);
    issuer.clock.advance(1);
    assert!(verifier.verify(&by_new).is_ok());
    for _ in 0..5 {
        let by_stranger = sign_with(&new_key(), "at+jwt", &issuer.claims());
        assert_eq!(verifier.verify(&by_stranger).err(), Some(VerifyError::UnknownKey));
    }
    assert_eq!(issuer.heard(JWKS).len(), 2);
}

#[test]
fn a_withdrawn_key_goes_when_the_answer_is_no_longer_fresh() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    issuer.publish(&[&issuer.key], "public, max-age=120");
    verifier.verify(&issuer.token(&json!({}))).unwrap();
    issuer.publish(&[&new_key()], "max-age=120");
    issuer.clock.advance(119);
    assert!(verifier.verify(&issuer.token(&json!({}))).is_ok());
    issuer.clock.advance(1);
    assert_eq!(verifier.verify(&issuer.token(&json!({}))).err(), Some(VerifyError::UnknownKey));
}

#[test]
fn a_server_can_not_make_its_keys_fresh_for_ever() {
    let issuer = Issuer::start();
    issuer.publish(&[&issuer.key], "max-age=99999999999");
    let verifier = issuer.verifier();
    verifier.verify(&issuer.token(&json!({}))).unwrap();
    issuer.publish(&[&new_key()], "max-age=300");
    issuer.clock.advance(3600);
    assert_eq!(verifier.verify(&issuer.token(&json!({}))).err(), Some(VerifyError::UnknownKey));
}

#[test]
fn old_keys_hold_for_an_hour_while_none_can_be_fetched() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    verifier.verify(&issuer.token(&json!({}))).unwrap();
    issuer.answer(JWKS, 503, "", r#"{"success":false,"code":"unavailable","error":"Try again."}"#);
    issuer.clock.advance(3600);
    assert!(verifier.verify(&issuer.token(&json!({}))).is_ok());
    assert!(verifier.verify(&issuer.token(&json!({}))).is_ok());
    assert_eq!(issuer.heard(JWKS).len(), 2, "tried again, and not each time");
    issuer.clock.advance(1);
    let refusal = verifier.verify(&issuer.token(&json!({}))).unwrap_err();
    assert!(refusal.is_temporary() && refusal.to_string().contains("Try again."), "{refusal}");
}

#[test]
fn without_keys_no_token_is_bad_it_can_only_not_be_checked() {
    let issuer = Issuer::start();
    issuer.answer(JWKS, 200, "", "no JSON");
    let verifier = issuer.verifier();
    for _ in 0..2 {
        let refusal = verifier.verify(&issuer.token(&json!({}))).unwrap_err();
        assert!(refusal.is_temporary(), "{refusal}");
    }
    assert_eq!(issuer.heard(JWKS).len(), 1);
    issuer.publish(&[&issuer.key], "max-age=300");
    issuer.clock.advance(10);
    assert!(verifier.verify(&issuer.token(&json!({}))).is_ok());
}

#[test]
fn a_redirect_is_not_followed() {
    let (issuer, other) = (Issuer::start(), Issuer::start());
    issuer.answer(JWKS, 302, &format!("location: {}{JWKS}\r\n", other.url), "");
    assert!(issuer.verify(&issuer.token(&json!({}))).unwrap_err().is_temporary());
    assert!(other.heard("/").is_empty());
}
