//! Signatures as they travel: 64 bytes (RFC 8032 section 5.1.6) in base64url.

use std::fmt;

use crate::base64url;

/// An Ed25519 signature, not yet known to be good. Shown as 86 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes 64 bytes as a signature. Whether it is one, [`super::PublicKey::verify`] says.
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Reads base64url; `None` unless it is 64 bytes in their one text.
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_array(text).map(Self)
    }

    /// The 64 bytes: R, then S.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&base64url::encode(self.0))
    }
}
