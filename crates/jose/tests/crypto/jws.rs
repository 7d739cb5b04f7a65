use agentid_jose::base64url::encode;
use agentid_jose::ed25519::{PublicKey, SigningKey};
use agentid_jose::jwk::to_jwk;
use agentid_jose::jws::{Algorithm, JwsError, UnverifiedJws, sign};
use agentid_jose::verifying_key::VerifyingKey;
use serde_json::{Value, json};

use super::new_key;

/// Signs any text as a token, however malformed.
fn sign_text(header: &str, claims: &str, key: &SigningKey) -> String {
    let signing_input = format!("{}.{}", encode(header), encode(claims));
    format!("{signing_input}.{}", key.sign(signing_input.as_bytes()))
}

fn check(token: &str, key: &PublicKey) -> Result<Value, JwsError> {
    UnverifiedJws::parse(token)?.verify(&VerifyingKey::from(*key)).map(Value::Object)
}

/// The outcome for a token with this header, well signed.
fn header_refusal(header: &str) -> Option<JwsError> {
    let key = new_key();
    check(&sign_text(header, "{}", &key), &key.public_key()).err()
}

#[test]
fn both_names_of_the_algorithm_are_accepted() {
    let key = new_key();
    for name in ["EdDSA", "Ed25519"] {
        let token = sign(&json!({"alg": name}), &json!({"sub": "a"}), &key);
        assert_eq!(UnverifiedJws::parse(&token).unwrap().header().algorithm, Algorithm::Ed25519);
        assert_eq!(check(&token, &key.public_key()), Ok(json!({"sub": "a"})));
        assert_eq!(check(&token, &new_key().public_key()), Err(JwsError::Signature));
    }
}

#[test]
fn every_other_algorithm_is_refused() {
    assert_eq!(header_refusal(r#"{"alg":"EdDSA"}"#), None);
    for alg in ["none", "None", "HS256", "ES384", "RS512", "Ed448", "eddsa", ""] {
        let header = json!({"alg": alg}).to_string();
        assert_eq!(header_refusal(&header), Some(JwsError::UnsupportedAlgorithm), "{alg}");
    }
    // They are known, and an Ed25519 key is not theirs.
    for alg in ["ES256", "RS256", "PS256"] {
        assert_eq!(header_refusal(&json!({"alg": alg}).to_string()), Some(JwsError::Signature), "{alg}");
    }
    assert_eq!(header_refusal("{}"), Some(JwsError::UnsupportedAlgorithm));
    assert_eq!(header_refusal(r#"{"alg":["EdDSA"]}"#), Some(JwsError::UnsupportedAlgorithm));
}

#[test]
fn the_header_is_strict() {
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","typ":"JWT","kid":"1","other":[]}"#), None);
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","crit":["exp"]}"#), Some(JwsError::Extension));
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","crit":[]}"#), Some(JwsError::Extension));
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","b64":true}"#), Some(JwsError::Extension));
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","alg":"EdDSA"}"#), Some(JwsError::Header));
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","jwk":{"x":1,"x":2}}"#), Some(JwsError::Header));
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","typ":1}"#), Some(JwsError::Header));
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":null}"#), Some(JwsError::Header));
    assert_eq!(header_refusal(r#"["EdDSA"]"#), Some(JwsError::Header));
    assert_eq!(header_refusal(r#"{"alg":"EdDSA"} x"#), Some(JwsError::Header));
}

#[test]
fn the_claims_are_strict() {
    let key = new_key();
    let refusal = |claims| check(&sign_text(r#"{"alg":"EdDSA"}"#, claims, &key), &key.public_key()).err();
    assert_eq!(refusal(r#"{"iss":"a","act":{"iss":"b"}}"#), None);
    assert_eq!(refusal(r#"{"iss":"a","iss":"b"}"#), Some(JwsError::Claims));
    assert_eq!(refusal(r#"{"act":{"sub":"a","sub":"b"}}"#), Some(JwsError::Claims));
    assert_eq!(refusal("[]"), Some(JwsError::Claims));
    assert_eq!(refusal("Example of Ed25519 signing"), Some(JwsError::Claims));
}

#[test]
fn the_envelope_is_strict() {
    let key = new_key();
    let token = sign(&json!({"alg": "EdDSA"}), &json!({"n": 1}), &key);
    let refusal = |token: &str| check(token, &key.public_key()).err();
    assert_eq!(refusal(&token), None);
    for bad in ["", ".", "..", "a", &format!("{token}."), &format!(".{token}"), &format!("{token}.e30")] {
        assert!(refusal(bad).is_some(), "{bad}");
    }
    assert_eq!(refusal(&format!("{token}.e30")), Some(JwsError::Malformed));
    assert_eq!(refusal(&format!("{token}=")), Some(JwsError::Malformed));
    assert_eq!(refusal(&format!("{token}\n")), Some(JwsError::Malformed));
    assert_eq!(refusal(&format!(" {token}")), Some(JwsError::Malformed));
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    assert_eq!(refusal(&format!("{header}.{claims}")), Some(JwsError::Malformed));
    assert_eq!(refusal(&format!("{header}.{claims}.")), Some(JwsError::Signature), "no signature");
    assert_eq!(refusal(&format!("{header}.{claims}.{}", &signature[..84])), Some(JwsError::Signature), "63 bytes");
    assert_eq!(refusal(&format!("{header}=.{claims}.{signature}")), Some(JwsError::Malformed));
    assert_eq!(refusal(&format!("{header}.{}.{signature}", encode(r#"{"n":2}"#))), Some(JwsError::Signature));
    let other_name = encode(r#"{"alg":"Ed25519"}"#);
    assert_eq!(refusal(&format!("{other_name}.{claims}.{signature}")), Some(JwsError::Signature));
}

/// The bits left over in the last letter: a lax decoder would take four texts for one signature.
#[test]
fn a_token_has_one_text() {
    let key = new_key();
    let token = sign(&json!({"alg": "EdDSA"}), &json!({}), &key);
    let last = token.chars().last().unwrap();
    let twin = char::from(u8::try_from(last).unwrap() + 1);
    assert!("AQgw".contains(last), "64 bytes end in one of four letters");
    let malformed = UnverifiedJws::parse(&format!("{}{twin}", &token[..token.len() - 1])).err();
    assert_eq!(malformed, Some(JwsError::Malformed));
}

#[test]
fn the_length_is_bounded() {
    let key = new_key();
    let token = |length: usize| sign(&json!({"alg": "EdDSA"}), &json!({ "a": "a".repeat(length) }), &key);
    let longest = (6000..).map(token).take_while(|token| token.len() <= 8192).last().unwrap();
    assert!(check(&longest, &key.public_key()).is_ok());
    let too_long = token(6100);
    assert!(too_long.len() > 8192);
    assert_eq!(check(&too_long, &key.public_key()), Err(JwsError::TooLong));
}

#[test]
fn header_and_claims_can_be_read_before_the_key_is_known() {
    let key = new_key();
    let jwk = to_jwk(&key.public_key());
    let header = json!({"alg": "EdDSA", "typ": "dpop+jwt", "kid": "k", "jwk": jwk});
    let token = UnverifiedJws::parse(&sign(&header, &json!({"iss": "me"}), &key)).unwrap();
    assert_eq!(token.header().typ.as_deref(), Some("dpop+jwt"));
    assert_eq!(token.header().kid.as_deref(), Some("k"));
    assert_eq!(token.header().jwk, Some(jwk));
    assert_eq!(token.unverified_claims()["iss"], "me");
}

#[test]
fn a_token_that_points_to_its_own_key_is_recognised() {
    let has_key_reference = |member: &str| {
        let token = sign(&json!({"alg": "EdDSA", member: "a"}), &json!({}), &new_key());
        UnverifiedJws::parse(&token).unwrap().header().has_key_reference
    };
    assert!(!has_key_reference("kid"));
    for member in ["jwk", "jku", "x5u", "x5c"] {
        assert!(has_key_reference(member), "{member}");
    }
}
