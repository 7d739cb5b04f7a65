//! Private keys and their files: PKCS#8 (RFC 5958, with RFC 8410 for Ed25519), in DER or PEM (RFC 7468).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use pem::{EncodeConfig, LineEnding, Pem};
use zeroize::Zeroizing;

use super::{PublicKey, Signature};
use crate::random::Random;

/// What OpenSSL and we write at the head of a PKCS#8 PEM.
const PEM_LABEL: &str = "PRIVATE KEY";

/// A private key. It has no `Debug`, `Display` or `Serialize`, so that no log can show it.
pub struct SigningKey(Ed25519KeyPair);

/// Why a private key can not be read, as a sentence for whoever runs the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSigningKey {
    /// Not PEM, or PEM of something else.
    #[error("Expected a file with `-----BEGIN PRIVATE KEY-----`: make one with `openssl genpkey -algorithm ed25519`.")]
    Pem,
    /// Damaged, of another algorithm, or with a public half that belongs to another key.
    #[error("Expected an unencrypted Ed25519 key in PKCS#8: make one with `openssl genpkey -algorithm ed25519`.")]
    Pkcs8,
}

#[expect(clippy::expect_used, reason = "aws-lc-rs fails here only when memory runs out")]
impl SigningKey {
    /// A new key.
    pub fn generate(random: Random) -> Self {
        let seed = Zeroizing::new(random.bytes::<32>());
        Self(Ed25519KeyPair::from_seed_unchecked(&*seed).expect("any 32 bytes are a seed"))
    }

    /// Reads a PEM file as `openssl genpkey -algorithm ed25519` writes it (PKCS#8 version 1), or one of version 2.
    ///
    /// # Errors
    /// Any [`InvalidSigningKey`].
    pub fn from_pkcs8_pem(text: &str) -> Result<Self, InvalidSigningKey> {
        let pem = pem::parse(text).map_err(|_| InvalidSigningKey::Pem)?;
        let expected_label = pem.tag() == PEM_LABEL;
        let contents = Zeroizing::new(pem.into_contents());
        if !expected_label {
            return Err(InvalidSigningKey::Pem);
        }
        Self::from_pkcs8(&contents)
    }

    /// The PEM file that [`Self::from_pkcs8_pem`] and OpenSSL read.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        let pem = Pem::new(PEM_LABEL, self.to_pkcs8().to_vec());
        let text = pem::encode_config(&pem, EncodeConfig::new().set_line_ending(LineEnding::LF));
        drop(Zeroizing::new(pem.into_contents()));
        Zeroizing::new(text)
    }

    /// Reads PKCS#8 in DER, version 1 or 2. A public half in version 2 must match.
    ///
    /// # Errors
    /// [`InvalidSigningKey::Pkcs8`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, InvalidSigningKey> {
        Ed25519KeyPair::from_pkcs8(der).map(Self).map_err(|_| InvalidSigningKey::Pkcs8)
    }

    /// PKCS#8 version 1 in DER, 48 bytes: OpenSSL 3 does not read version 2.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_pkcs8v1().expect("a key has a PKCS#8 form").as_ref().to_vec())
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::of_pair(self.0.public_key().as_ref().try_into().expect("a public key has 32 bytes"))
    }

    /// Signs the bytes (RFC 8032 section 5.1.6). Signing needs no randomness.
    pub fn sign(&self, message: &[u8]) -> Signature {
        let signature = self.0.sign(message);
        Signature::from_bytes(signature.as_ref().try_into().expect("a signature has 64 bytes"))
    }
}

impl AsRef<SigningKey> for SigningKey {
    fn as_ref(&self) -> &SigningKey {
        self
    }
}
