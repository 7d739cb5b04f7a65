//! Keys, signatures and envelopes.

mod base64url;
mod canonical_json;
mod claims;
mod hashes;
mod jwk;
mod jws;
mod openssh;
mod public_key;
mod signing_key;
mod strict_json;
mod verifying_key;

use agentid_jose::ed25519::SigningKey;
use agentid_jose::random::Random;

fn new_key() -> SigningKey {
    SigningKey::generate(Random::system())
}

#[expect(clippy::unwrap_used, reason = "a bad constant fails its test")]
fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let byte = |index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap();
    assert_eq!(hex.len(), 2 * N);
    std::array::from_fn(byte)
}
