//! Keys, signatures and envelopes.

mod base64url;
mod canonical_json;
mod hashes;

#[expect(clippy::unwrap_used, reason = "a bad constant fails its test")]
fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let byte = |index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap();
    assert_eq!(hex.len(), 2 * N);
    std::array::from_fn(byte)
}
