//! Keys, signatures and signed JSON, for the server and for those who talk to it: thin over aws-lc-rs, with
//! the checks that it leaves to its caller. And what both take as arguments: time and randomness.
//! Nothing here knows of agents, HTTP or a database.

pub mod base64url;
pub mod canonical_json;
pub mod claims;
pub mod clock;
pub mod dpop;
pub mod ed25519;
pub mod issuer;
pub mod jwk;
pub mod jws;
pub mod openssh;
pub mod random;
pub mod signer;
pub mod strict_json;
pub mod verifying_key;

/// The SHA-256 hash (FIPS 180-4), 32 bytes.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, data).as_ref());
    hash
}

/// The SHA-512 hash (FIPS 180-4), 64 bytes.
pub fn sha512(data: &[u8]) -> [u8; 64] {
    let mut hash = [0; 64];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, data).as_ref());
    hash
}

/// Whether both are equal, in a time that depends on their lengths alone, so that a secret
/// can not be guessed byte by byte.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}
