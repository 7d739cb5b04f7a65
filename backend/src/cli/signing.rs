//! What an agent signs to say that it is itself: DPoP proofs (RFC 9449) and client assertions (RFC 7523).

use serde_json::json;

use crate::clock::Clock;
use crate::crypto::ed25519::SigningKey;
use crate::crypto::{base64url, jwk, jws};
use crate::id::AgentId;
use crate::random::Random;

/// How long an assertion is good, in seconds: it is sent at once.
const ASSERTION_LIFETIME: i64 = 60;

/// A proof for one request of `method` to `address`.
pub fn proof(key: &SigningKey, method: &str, address: &str, clock: &Clock, random: Random) -> String {
    let header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk::to_jwk(&key.public_key()) });
    let claims = json!({ "htm": method, "htu": address, "iat": clock.now(), "jti": unique(random) });
    jws::sign(&header, &claims, key)
}

/// An assertion for one server: `aud` is its issuer alone, so that it is worth nothing at another.
pub fn assertion(key: &SigningKey, agent_id: &AgentId, issuer: &str, clock: &Clock, random: Random) -> String {
    let now = clock.now();
    let claims = json!({
        "iss": agent_id, "sub": agent_id, "aud": issuer,
        "iat": now, "exp": now + ASSERTION_LIFETIME, "jti": unique(random),
    });
    jws::sign(&json!({ "typ": "JWT", "alg": "EdDSA" }), &claims, key)
}

fn unique(random: Random) -> String {
    base64url::encode(random.bytes::<16>())
}
