//! Client assertions (RFC 7523 section 3): a signed text in the place of a client's secret.

use agentid_jose::clock::Clock;
use agentid_jose::ed25519::SigningKey;
use agentid_jose::random::Random;
use agentid_jose::{base64url, jws};
use serde_json::json;

/// What a form names as `client_assertion_type`.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion is good, in seconds: it is sent at once.
const LIFETIME: i64 = 60;

/// An assertion for one server: `aud` is its issuer alone, so that it is worth nothing at another.
pub fn sign(key: &SigningKey, client_id: &str, issuer: &str, clock: &Clock) -> String {
    let now = clock.now();
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": issuer,
        "iat": now, "exp": now + LIFETIME, "jti": base64url::encode(Random::system().bytes::<16>()),
    });
    jws::sign(&json!({ "typ": "JWT", "alg": "EdDSA" }), &claims, key)
}
