//! Ed25519 public keys as JSON Web Keys (RFC 7517, RFC 8037 section 2) and their thumbprints (RFC 7638).

use serde_json::{Value, json};

use super::ed25519::{InvalidKey, PublicKey};
use super::{base64url, canonical_json, sha256};

/// Reads a public JWK; members such as `kid`, `use` and `alg` are ignored.
///
/// # Errors
/// [`InvalidKey::HasPrivatePart`] for any key with `d`, [`InvalidKey::WrongType`] for another `kty` or `crv`,
/// [`InvalidKey::Encoding`] without a readable `x`, and whatever [`PublicKey::from_bytes`] finds.
pub fn parse(jwk: &Value) -> Result<PublicKey, InvalidKey> {
    if jwk.get("d").is_some() {
        return Err(InvalidKey::HasPrivatePart);
    }
    let member = |name: &str| jwk.get(name).and_then(Value::as_str);
    if member("kty").ok_or(InvalidKey::Encoding)? != "OKP" {
        return Err(InvalidKey::WrongType);
    }
    if member("crv").ok_or(InvalidKey::Encoding)? != "Ed25519" {
        return Err(InvalidKey::WrongType);
    }
    let bytes = member("x").and_then(base64url::decode).ok_or(InvalidKey::Encoding)?;
    PublicKey::from_bytes(&bytes.try_into().map_err(|_| InvalidKey::Length)?)
}

/// The members that make the key, and no others: `{"crv":"Ed25519","kty":"OKP","x":…}`.
pub fn to_jwk(key: &PublicKey) -> Value {
    json!({ "crv": "Ed25519", "kty": "OKP", "x": key.to_base64url() })
}

/// The thumbprint: SHA-256 of the canonical JWK in base64url, 43 characters. It is the `jkt` of RFC 9449.
pub fn thumbprint(key: &PublicKey) -> String {
    base64url::encode(sha256(canonical_json::to_string(&to_jwk(key)).as_bytes()))
}
