//! Public keys, checked where they enter. RFC 8032 section 5.1.7 lets a verifier take any point as a key, and
//! aws-lc-rs does: under the identity point one signature is good for *every* message, so whoever
//! registers that point has a key that needs no private half. Keys are checked here, once.

use std::fmt;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use curve25519_dalek::edwards::CompressedEdwardsY;

use super::Signature;
use crate::{base64url, openssh};

/// An Ed25519 public key: canonically encoded, on the curve, not of small order. Shown as 43 characters
/// of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

/// Why a key is refused, as a sentence for whoever sent it. None repeats what was sent, which may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Neither base64url, nor an OpenSSH line, nor a JWK.
    #[error(
        "The key can not be read: send the 32 raw bytes in base64url without padding, a JWK, or an OpenSSH `ssh-ed25519` line."
    )]
    Encoding,
    /// Not 32 bytes.
    #[error("An Ed25519 public key has 32 bytes: send the raw key, without a DER or PEM wrapping.")]
    Length,
    /// A second encoding of a point, which would be a second name of the same key.
    #[error("The key is not canonically encoded: make a new one with `openssl genpkey -algorithm ed25519`.")]
    NotCanonical,
    /// No point has these bytes.
    #[error("The key is not a point on the curve: check that all of it was sent, and that it is an Ed25519 key.")]
    NotOnCurve,
    /// One of the eight points under which signatures prove nothing.
    #[error("Nobody can own this key (small order): make a new one with `openssl genpkey -algorithm ed25519`.")]
    SmallOrder,
    /// RSA, P-256, X25519 and the like.
    #[error("Only Ed25519 keys are accepted: make one with `openssl genpkey -algorithm ed25519`.")]
    WrongType,
    /// The private half came along.
    #[error(
        "This is a private key and must no longer be used, for it has left your hands: make a new one and send only its public part."
    )]
    HasPrivatePart,
}

impl PublicKey {
    /// Checks 32 raw bytes (RFC 8032 section 5.1.2).
    ///
    /// # Errors
    /// [`InvalidKey::NotOnCurve`], [`InvalidKey::SmallOrder`] or [`InvalidKey::NotCanonical`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, InvalidKey> {
        let point = CompressedEdwardsY(*bytes).decompress().ok_or(InvalidKey::NotOnCurve)?;
        if point.is_small_order() {
            return Err(InvalidKey::SmallOrder);
        }
        if !is_canonical(bytes) {
            return Err(InvalidKey::NotCanonical);
        }
        Ok(Self(*bytes))
    }

    /// Reads a key as people paste it: raw bytes in base64url, or an OpenSSH `ssh-ed25519 AAAA… comment` line.
    ///
    /// # Errors
    /// Any [`InvalidKey`].
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        if text.contains("PRIVATE KEY-----") {
            return Err(InvalidKey::HasPrivatePart);
        }
        // No other form has a space; not even base64url may have one.
        if text.contains(' ') {
            return openssh::parse(text);
        }
        let bytes = base64url::decode(text).ok_or(InvalidKey::Encoding)?;
        Self::from_bytes(&bytes.try_into().map_err(|_| InvalidKey::Length)?)
    }

    /// Reads a key that was checked when it entered, and has been where nobody else writes since: 32 bytes in
    /// base64url. That it is a point on the curve is not computed again, which costs a fifth of a verification.
    pub fn from_stored(text: &str) -> Option<Self> {
        base64url::decode_array::<32>(text).map(Self)
    }

    /// The public half of a private key: a clamped scalar times the base point passes every check.
    pub(super) fn of_pair(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw key in base64url: 43 characters.
    pub fn to_base64url(&self) -> String {
        base64url::encode(self.0)
    }

    /// The raw key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether the key's owner signed exactly these bytes.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature.as_bytes()).is_ok()
    }
}

/// RFC 8032 section 5.1.3 (1): `y`, which is all but the highest bit, little-endian, is less than `p = 2^255 - 19`. The
/// other points with two encodings have `x = 0`, and are of small order. To encode the point again costs far more.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = bytes;
    *lowest < 0xed || middle.iter().any(|&byte| byte != 0xff) || highest & 0x7f != 0x7f
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_base64url())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}
