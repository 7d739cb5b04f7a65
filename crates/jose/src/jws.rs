//! Signed JSON in one line (RFC 7515 section 7.1, the compact form), as strict as RFC 8725 asks: the token does not
//! choose how it is checked. Nothing that a header names is fetched or trusted here; the caller brings the key.

use serde::Serialize;
use serde_json::{Map, Value};

use super::ed25519::SigningKey;
use super::verifying_key::VerifyingKey;
use super::{base64url, strict_json};

/// Longer tokens are refused unread.
const MAX_LENGTH: usize = 8 * 1024;

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `EdDSA` (RFC 8037) or by its newer name `Ed25519` (RFC 9864): the same signature.
    Ed25519,
    /// `ES256`: ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4).
    Es256,
    /// `RS256`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
    Rs256,
    /// `PS256`: RSASSA-PSS with SHA-256 (RFC 7518 section 3.5).
    Ps256,
}

impl Algorithm {
    /// `None` for every other name: there is no `none`, and no HMAC that would take a public key for a secret.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "EdDSA" | "Ed25519" => Some(Self::Ed25519),
            "ES256" => Some(Self::Es256),
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            _ => None,
        }
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Over 8 KiB, or over what the caller allows.
    #[error("The token is longer than is read: 8192 bytes, unless it is a list.")]
    TooLong,
    /// Not three parts with two dots between them, each in strict base64url.
    #[error("The token is not three parts of unpadded base64url, joined by dots.")]
    Malformed,
    /// The header, or a member of it, is not what RFC 7515 says.
    #[error("The token's header is not a JSON object with unique members, where `typ` and `kid` are strings.")]
    Header,
    /// Extensions change what a signature covers; none is supported.
    #[error("The token's header must have neither `crit` nor `b64`.")]
    Extension,
    /// Missing, `none`, HMAC, or unknown.
    #[error("The token's `alg` is missing, or none that is accepted.")]
    UnsupportedAlgorithm,
    /// The claims are not what RFC 7519 says.
    #[error("The token's claims are not a JSON object with unique members.")]
    Claims,
    /// Absent, of the wrong length, or by another key.
    #[error("The token's signature does not verify.")]
    Signature,
}

/// What the header says. Not to be trusted before the signature is verified, and `jwk` not even then unless the
/// protocol says so (DPoP does).
#[derive(Clone, Debug)]
pub struct Header {
    /// From `alg`.
    pub algorithm: Algorithm,
    /// `typ` as sent. Media types compare without regard to case.
    pub typ: Option<String>,
    /// `kid`: which of the signer's keys.
    pub kid: Option<String>,
    /// `jwk`, unchecked: [`super::jwk::parse`] reads it.
    pub jwk: Option<Value>,
    /// Whether the token brings or points to its own key: `jwk`, `jku`, `x5u` or `x5c`.
    pub has_key_reference: bool,
}

impl Header {
    fn from_members(mut members: Map<String, Value>) -> Result<Self, JwsError> {
        let has_any = |names: &[&str]| names.iter().any(|name| members.contains_key(*name));
        if has_any(&["crit", "b64"]) {
            return Err(JwsError::Extension);
        }
        let has_key_reference = has_any(&["jwk", "jku", "x5u", "x5c"]);
        let name = members.get("alg").and_then(Value::as_str);
        let algorithm = name.and_then(Algorithm::parse).ok_or(JwsError::UnsupportedAlgorithm)?;
        let mut text = |name| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(JwsError::Header),
        };
        let (typ, kid) = (text("typ")?, text("kid")?);
        Ok(Self { algorithm, typ, kid, jwk: members.remove("jwk"), has_key_reference })
    }
}

/// A well-formed token whose signature nobody has checked yet. Only [`Self::verify`] gives claims to rely on.
pub struct UnverifiedJws {
    signing_input: String,
    header: Header,
    claims: Map<String, Value>,
    signature: Vec<u8>,
}

impl UnverifiedJws {
    /// Reads a compact token.
    ///
    /// # Errors
    /// Any [`JwsError`]; [`JwsError::Signature`] when there is none.
    pub fn parse(token: &str) -> Result<Self, JwsError> {
        Self::parse_up_to(token, MAX_LENGTH)
    }

    /// Like [`Self::parse`], for what is longer than a token: a signed list. `longest` in bytes.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_up_to(token: &str, longest: usize) -> Result<Self, JwsError> {
        if token.len() > longest {
            return Err(JwsError::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        // A fourth part would put a dot into `claims`, which is not base64url.
        let (header, claims) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
        let [header, claims, signature] = [header, claims, signature].map(base64url::decode);
        let header = strict_json::parse_object(&header.ok_or(JwsError::Malformed)?).ok_or(JwsError::Header)?;
        let claims = claims.ok_or(JwsError::Malformed)?;
        let signature = signature.ok_or(JwsError::Malformed)?;
        if signature.is_empty() {
            return Err(JwsError::Signature);
        }
        Ok(Self {
            signing_input: signing_input.to_owned(),
            header: Header::from_members(header)?,
            claims: strict_json::parse_object(&claims).ok_or(JwsError::Claims)?,
            signature,
        })
    }

    /// What the header says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The claims, which anybody may have written: good for finding the key (`iss`, `sub`) and for nothing else.
    pub fn unverified_claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The claims, when this key signed them.
    ///
    /// # Errors
    /// [`JwsError::Signature`].
    pub fn verify(self, key: &VerifyingKey) -> Result<Map<String, Value>, JwsError> {
        if self.is_signed_by(key) { Ok(self.claims) } else { Err(JwsError::Signature) }
    }

    /// Whether this key signed it, with the algorithm that it names.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify(self.header.algorithm, self.signing_input.as_bytes(), &self.signature)
    }
}

/// A key that signs.
pub trait Sign {
    /// The signature over the bytes, as it stands in a token (RFC 7518 section 3, RFC 8037 section 3.1).
    fn sign_bytes(&self, message: &[u8]) -> Vec<u8>;
}

impl Sign for SigningKey {
    fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        self.sign(message).as_bytes().to_vec()
    }
}

/// Signs claims into a compact token. The header must have the `alg` of the key.
///
/// # Panics
/// When header or claims have no JSON form (a map whose keys are not strings), a mistake in the program.
pub fn sign(header: &impl Serialize, claims: &impl Serialize, key: &impl Sign) -> String {
    let signing_input = format!("{}.{}", json_part(header), json_part(claims));
    let signature = key.sign_bytes(signing_input.as_bytes());
    format!("{signing_input}.{}", base64url::encode(signature))
}

#[expect(clippy::expect_used, reason = "what is signed is the program's own type")]
fn json_part(value: &impl Serialize) -> String {
    base64url::encode(serde_json::to_vec(value).expect("the value has a JSON form"))
}
