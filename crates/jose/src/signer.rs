//! Keys that sign tokens, of every algorithm that a relying party may ask for: Ed25519 (RFC 8037), ECDSA on P-256 with
//! SHA-256 and RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 sections 3.3 and 3.4).

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use zeroize::Zeroizing;

use super::ed25519::{InvalidSigningKey, SigningKey};
use super::jws::Sign;
use super::random::Random;
use super::verifying_key::VerifyingKey;

/// How a token can be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SigningAlgorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl SigningAlgorithm {
    /// All of them, the usual one first.
    pub const ALL: &'static [Self] = &[Self::EdDsa, Self::Es256, Self::Rs256];

    /// As `alg` names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// `None` for every other name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == name)
    }
}

/// A private key of one of the algorithms. It has no `Debug`, `Display` or `Serialize`, so that no log can show it.
pub enum Signer {
    /// Ed25519.
    EdDsa(SigningKey),
    /// A key on P-256.
    Es256(EcdsaKeyPair),
    /// An RSA key of 2048 bits.
    Rs256(RsaKeyPair),
}

#[expect(clippy::expect_used, reason = "aws-lc-rs fails here only when memory or the machine's randomness runs out")]
impl Signer {
    /// A new key. One for RSA takes a while: tenths of a second.
    pub fn generate(algorithm: SigningAlgorithm, random: Random) -> Self {
        match algorithm {
            SigningAlgorithm::EdDsa => Self::EdDsa(SigningKey::generate(random)),
            SigningAlgorithm::Es256 => {
                Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key can be made"))
            }
            SigningAlgorithm::Rs256 => Self::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key can be made")),
        }
    }

    /// Reads PKCS#8 in DER.
    ///
    /// # Errors
    /// [`InvalidSigningKey::Pkcs8`] when it is damaged or a key of another algorithm.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self, InvalidSigningKey> {
        let damaged = |_| InvalidSigningKey::Pkcs8;
        match algorithm {
            SigningAlgorithm::EdDsa => SigningKey::from_pkcs8(der).map(Self::EdDsa),
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Self::Es256).map_err(damaged)
            }
            SigningAlgorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Self::Rs256).map_err(damaged),
        }
    }

    /// PKCS#8 version 1 in DER.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::EdDsa(key) => key.to_pkcs8(),
            Self::Es256(key) => Zeroizing::new(key.to_pkcs8v1().expect("a key has a PKCS#8 form").as_ref().to_vec()),
            Self::Rs256(key) => {
                let der: Pkcs8V1Der<'_> = key.as_der().expect("a key has a PKCS#8 form");
                Zeroizing::new(der.as_ref().to_vec())
            }
        }
    }

    /// Which algorithm it signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        match self {
            Self::EdDsa(_) => SigningAlgorithm::EdDsa,
            Self::Es256(_) => SigningAlgorithm::Es256,
            Self::Rs256(_) => SigningAlgorithm::Rs256,
        }
    }

    /// What its signatures are checked with.
    pub fn verifying_key(&self) -> VerifyingKey {
        match self {
            Self::EdDsa(key) => key.public_key().into(),
            Self::Es256(key) => VerifyingKey::P256(key.public_key().as_ref().try_into().expect("a point has 65 bytes")),
            Self::Rs256(key) => {
                VerifyingKey::Rsa(key.public_key().modulus().big_endian_without_leading_zero().to_vec())
            }
        }
    }
}

impl Sign for Signer {
    #[expect(
        clippy::expect_used,
        reason = "aws-lc-rs fails here only when memory or the machine's randomness runs out"
    )]
    fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::EdDsa(key) => key.sign_bytes(message),
            Self::Es256(key) => key.sign(&SystemRandom::new(), message).expect("the key signs").as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("the key signs");
                signature
            }
        }
    }
}
