//! A public key in a request body.

use agentid::crypto::ed25519::{InvalidKey, PublicKey};
use agentid::crypto::key_input::KeyInput;
use agentid::crypto::{jwk, openssh};
use serde_json::json;

/// RFC 8037 appendix A.2.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

#[test]
fn a_body_takes_every_form_of_a_key() {
    let key = PublicKey::parse(X).unwrap();
    for form in [json!(X), json!(openssh::to_line(&key)), jwk::to_jwk(&key)] {
        let input: KeyInput = serde_json::from_value(form.clone()).unwrap();
        assert_eq!(input.key(), Ok(key), "{form}");
    }
}

#[test]
fn a_bad_key_is_a_readable_body_with_a_sentence() {
    for form in [json!(null), json!(1), json!([X]), json!({}), json!("?")] {
        let input: KeyInput = serde_json::from_value(form.clone()).unwrap();
        assert_eq!(input.key(), Err(InvalidKey::Encoding), "{form}");
    }
    let private = json!({"kty": "OKP", "crv": "Ed25519", "x": X, "d": ""});
    let input: KeyInput = serde_json::from_value(private).unwrap();
    assert_eq!(input.key(), Err(InvalidKey::HasPrivatePart));
}

#[test]
fn the_schema_names_both_forms() {
    let schema = schemars::schema_for!(KeyInput).to_value();
    assert_eq!(schema["anyOf"][0]["type"], "string");
    assert_eq!(schema["anyOf"][1]["required"], json!(["kty", "crv", "x"]));
}
