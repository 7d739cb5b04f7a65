//! JWKs (RFC 8037).

use agentid_jose::ed25519::{InvalidKey, PublicKey};
use agentid_jose::jwk::{parse, thumbprint, to_jwk};
use serde_json::{Value, json};

/// RFC 8037 appendix A.2.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

#[expect(clippy::unwrap_used, reason = "both are objects")]
fn rfc_jwk(change: Value) -> Value {
    let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": X});
    jwk.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    jwk
}

#[test]
fn the_key_of_the_rfc_has_the_thumbprint_of_the_rfc() {
    let key = parse(&rfc_jwk(json!({}))).unwrap();
    assert_eq!(key, PublicKey::parse(X).unwrap());
    assert_eq!(thumbprint(&key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(to_jwk(&key), rfc_jwk(json!({})));
}

#[test]
fn a_jwk_is_ed25519_public_and_whole() {
    let refusal = |change| parse(&rfc_jwk(change)).err();
    assert_eq!(refusal(json!({"kid": "1", "use": "sig", "alg": "EdDSA"})), None);
    assert_eq!(refusal(json!({"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"})), Some(InvalidKey::HasPrivatePart));
    assert_eq!(refusal(json!({"d": null})), Some(InvalidKey::HasPrivatePart));
    assert_eq!(refusal(json!({"kty": "RSA"})), Some(InvalidKey::WrongType));
    assert_eq!(refusal(json!({"kty": "EC"})), Some(InvalidKey::WrongType));
    assert_eq!(refusal(json!({"kty": 1})), Some(InvalidKey::Encoding));
    assert_eq!(refusal(json!({"crv": "X25519"})), Some(InvalidKey::WrongType));
    assert_eq!(refusal(json!({"crv": "ed25519"})), Some(InvalidKey::WrongType));
    assert_eq!(refusal(json!({"crv": null})), Some(InvalidKey::Encoding));
    assert_eq!(refusal(json!({"x": format!("{X}=")})), Some(InvalidKey::Encoding));
    assert_eq!(refusal(json!({"x": null})), Some(InvalidKey::Encoding));
    assert_eq!(refusal(json!({"x": "AAAA"})), Some(InvalidKey::Length));
    let identity = format!("AQ{}", "A".repeat(41));
    assert_eq!(refusal(json!({"x": identity})), Some(InvalidKey::SmallOrder));
}
