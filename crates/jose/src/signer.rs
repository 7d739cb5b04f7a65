//! Keys that sign tokens, of every algorithm that a relying party may ask for: Ed25519 (RFC 8037), ECDSA on P-256 with
//! SHA-256 and RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 sections 3.3 and 3.4).

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::ed25519::{InvalidSigningKey, Signature, SigningKey};
use super::jws::{self, Sign};
use super::random::Random;
use super::{base64url, canonical_json, jwk, sha256, strict_json};

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

    /// The members that make the public key, and no others (RFC 8037 section 2, RFC 7518 sections 6.2.1 and 6.3.1).
    pub fn public_jwk(&self) -> Value {
        match self {
            Self::EdDsa(key) => jwk::to_jwk(&key.public_key()),
            Self::Es256(key) => {
                // SEC 1 section 2.3.3: 4, then both coordinates.
                let point = key.public_key().as_ref();
                let (x, y) = point[1..].split_at(32);
                json!({ "crv": "P-256", "kty": "EC", "x": base64url::encode(x), "y": base64url::encode(y) })
            }
            Self::Rs256(key) => {
                let public = key.public_key();
                let number = |bytes: &[u8]| base64url::encode(bytes);
                let exponent = number(public.exponent().big_endian_without_leading_zero());
                let modulus = number(public.modulus().big_endian_without_leading_zero());
                json!({ "e": exponent, "kty": "RSA", "n": modulus })
            }
        }
    }

    /// The claims of a compact token that this key has signed; `None` for any other.
    pub fn open(&self, token: &str) -> Option<Map<String, Value>> {
        let header = jws::unverified_header(token)?;
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (_, claims) = signing_input.split_once('.')?;
        let is_plain = !header.contains_key("crit") && !header.contains_key("b64");
        let is_of_key = header.get("alg").and_then(Value::as_str) == Some(self.algorithm().as_str());
        let is_signed = self.has_signed(signing_input.as_bytes(), &base64url::decode(signature)?);
        if is_plain && is_of_key && is_signed { strict_json::parse_object(&base64url::decode(claims)?) } else { None }
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let (algorithm, key): (&'static dyn VerificationAlgorithm, &[u8]) = match self {
            Self::EdDsa(key) => {
                let signature = signature.try_into().map(Signature::from_bytes);
                return signature.is_ok_and(|signature| key.public_key().verify(message, &signature));
            }
            Self::Es256(key) => (&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref()),
            Self::Rs256(key) => (&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref()),
        };
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }

    /// The thumbprint (RFC 7638): SHA-256 of the canonical JWK in base64url, 43 characters.
    pub fn thumbprint(&self) -> String {
        base64url::encode(sha256(canonical_json::to_string(&self.public_jwk()).as_bytes()))
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
