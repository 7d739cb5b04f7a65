//! Secrets at rest: AES-256-GCM (NIST SP 800-38D) under keys derived from the server's secret by HKDF (RFC 5869).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use super::base64url;
use crate::random::Random;

/// Encrypts; the result is base64url of nonce (12 bytes), ciphertext and tag (16 bytes). The associated data is not
/// stored: it says where the secret belongs (table, column, row), so that one moved elsewhere does not open.
/// The nonce is random, so seal at most 2³² times under a key.
#[expect(clippy::expect_used, reason = "fails only beyond 64 GB")]
pub fn seal(key: &[u8; 32], associated_data: &str, plaintext: &[u8], random: Random) -> String {
    let nonce = random.bytes::<NONCE_LEN>();
    let mut text = plaintext.to_vec();
    // The tag comes apart, for appending it would move the vector and leave a copy of the plaintext behind.
    let tag = cipher(key)
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated_data), &mut text)
        .expect("the plaintext is short");
    base64url::encode([&nonce, text.as_slice(), tag.as_ref()].concat())
}

/// Decrypts what [`seal`] made. `None` for another key or other associated data, and when a single bit has changed.
pub fn open(key: &[u8; 32], associated_data: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let sealed = base64url::decode(sealed)?;
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut text = Zeroizing::new(ciphertext.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = cipher(key).open_in_place(nonce, Aad::from(associated_data), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}

/// A 32-byte key out of a high-entropy secret (never a password). Each use has a label of its own, so that what one
/// use leaks does not help against another.
#[expect(clippy::expect_used, reason = "HKDF gives up to 255 × 32 bytes")]
pub fn hkdf_sha256(secret: &[u8], label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, &[])
        .extract(secret)
        .expand(&[label.as_bytes()], HKDF_SHA256)
        .and_then(|material| material.fill(&mut *key))
        .expect("32 bytes were asked for");
    key
}

#[expect(clippy::expect_used, reason = "the type says 32 bytes")]
fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("an AES-256 key has 32 bytes"))
}
