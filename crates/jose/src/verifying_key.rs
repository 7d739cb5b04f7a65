//! Public keys of every algorithm that somebody else's signature may have, as JSON Web Keys (RFC 7517): Ed25519 (RFC 8037
//! section 2), P-256 and RSA (RFC 7518 sections 6.2.1 and 6.3.1). A key is checked where it enters.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Value, json};

use super::ed25519::{InvalidKey, PublicKey, Signature};
use super::jws::Algorithm;
use super::{base64url, canonical_json, jwk, sha256};

/// The members of a JWK that nobody but its owner may see: of an OKP, EC or RSA key, and of a symmetric one.
const PRIVATE: [&str; 8] = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];
/// The exponent that everybody uses, big-endian.
const EXPONENT: [u8; 3] = [1, 0, 1];
/// What an RSA modulus may be long, in bytes: 2048 to 4096 bits. Each further bit costs whoever verifies more.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// A key that signatures are checked with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VerifyingKey {
    /// For `EdDSA` and `Ed25519`.
    Ed25519(PublicKey),
    /// For `ES256`: the uncompressed point, 4 and both coordinates (SEC 1 section 2.3.3).
    P256([u8; 65]),
    /// For `RS256` and `PS256`: the modulus, big-endian, without leading zeros. The exponent is 65537.
    Rsa(Vec<u8>),
}

/// Why a JWK is refused, as a sentence for whoever sent it. None repeats what was sent, which may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJwk {
    /// An Ed25519 key is none, or a key of any type came with its private part.
    #[error("{0}")]
    Key(#[from] InvalidKey),
    /// Another type than the three.
    #[error("The key has another type than Ed25519 (`OKP`), P-256 (`EC`) or `RSA`, or lacks `kty` or `crv`.")]
    Type,
    /// No point has these coordinates.
    #[error("`x` and `y` are not a point on P-256, in 32 bytes of base64url each.")]
    Point,
    /// Too short, too long, or with an exponent of its own.
    #[error("The RSA key does not have 2048 to 4096 bits and the exponent 65537 (`AQAB`).")]
    Rsa,
}

impl VerifyingKey {
    /// Reads a public JWK; members such as `kid`, `use` and `alg` are ignored.
    ///
    /// # Errors
    /// Any [`InvalidJwk`].
    pub fn from_jwk(jwk: &Value) -> Result<Self, InvalidJwk> {
        if PRIVATE.iter().any(|member| jwk.get(member).is_some()) {
            return Err(InvalidKey::HasPrivatePart.into());
        }
        let member = |name: &str| jwk.get(name).and_then(Value::as_str);
        match (member("kty"), member("crv")) {
            (Some("OKP"), Some("Ed25519")) => Ok(Self::Ed25519(jwk::parse(jwk)?)),
            (Some("EC"), Some("P-256")) => {
                let coordinate = |name| member(name).and_then(base64url::decode_array::<32>);
                let (Some(x), Some(y)) = (coordinate("x"), coordinate("y")) else { return Err(InvalidJwk::Point) };
                Self::p256(x, y).ok_or(InvalidJwk::Point)
            }
            (Some("RSA"), _) => {
                let number = |name| member(name).and_then(base64url::decode);
                let (Some(modulus), Some(exponent)) = (number("n"), number("e")) else { return Err(InvalidJwk::Rsa) };
                Self::rsa(modulus, &exponent).ok_or(InvalidJwk::Rsa)
            }
            _ => Err(InvalidJwk::Type),
        }
    }

    fn p256(x: [u8; 32], y: [u8; 32]) -> Option<Self> {
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&x);
        point[33..].copy_from_slice(&y);
        // That the point is on the curve is checked here, once.
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok().map(|_| Self::P256(point))
    }

    /// A modulus begins with a bit that is set (RFC 7518 section 6.3.1.1), so its length is that of the key.
    fn rsa(modulus: Vec<u8>, exponent: &[u8]) -> Option<Self> {
        let is_whole = modulus.first().is_some_and(|first| first & 0x80 != 0) && MODULUS.contains(&modulus.len());
        let is_odd = modulus.last().is_some_and(|last| last & 1 == 1);
        (is_whole && is_odd && exponent == EXPONENT).then_some(Self::Rsa(modulus))
    }

    /// The members that make the key, and no others.
    pub fn to_jwk(&self) -> Value {
        match self {
            Self::Ed25519(key) => jwk::to_jwk(key),
            Self::P256(point) => {
                let (x, y) = point[1..].split_at(32);
                json!({ "crv": "P-256", "kty": "EC", "x": base64url::encode(x), "y": base64url::encode(y) })
            }
            Self::Rsa(modulus) => {
                json!({ "e": base64url::encode(EXPONENT), "kty": "RSA", "n": base64url::encode(modulus) })
            }
        }
    }

    /// The thumbprint (RFC 7638): SHA-256 of the canonical JWK in base64url, 43 characters. It is the `jkt` of RFC 9449.
    pub fn thumbprint(&self) -> String {
        base64url::encode(sha256(canonical_json::to_string(&self.to_jwk()).as_bytes()))
    }

    /// What tells it from every other key: the raw key, the point, or the modulus.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(key) => key.as_bytes(),
            Self::P256(point) => point,
            Self::Rsa(modulus) => modulus,
        }
    }

    /// Whether this is a key of the algorithm.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::Ed25519 => matches!(self, Self::Ed25519(_)),
            Algorithm::Es256 => matches!(self, Self::P256(_)),
            Algorithm::Rs256 | Algorithm::Ps256 => matches!(self, Self::Rsa(_)),
        }
    }

    /// Whether the key's owner signed exactly these bytes in this way.
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (algorithm, self) {
            (Algorithm::Ed25519, Self::Ed25519(key)) => {
                signature.try_into().is_ok_and(|signature| key.verify(message, &Signature::from_bytes(signature)))
            }
            (Algorithm::Es256, Self::P256(point)) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            (Algorithm::Rs256 | Algorithm::Ps256, Self::Rsa(modulus)) => {
                let key = RsaPublicKeyComponents { n: modulus.as_slice(), e: EXPONENT.as_slice() };
                let parameters =
                    if algorithm == Algorithm::Ps256 { &RSA_PSS_2048_8192_SHA256 } else { &RSA_PKCS1_2048_8192_SHA256 };
                key.verify(parameters, message, signature).is_ok()
            }
            (_, Self::Ed25519(_) | Self::P256(_) | Self::Rsa(_)) => false,
        }
    }
}

impl From<PublicKey> for VerifyingKey {
    fn from(key: PublicKey) -> Self {
        Self::Ed25519(key)
    }
}
