//! A client's public keys (RFC 7517 section 5): which of them an assertion may be signed with.

use std::sync::Arc;

use serde_json::{Value, json};

use super::ed25519::PublicKey;
use super::jws::{Algorithm, UnverifiedJws};
use super::verifying_key::{InvalidJwk, VerifyingKey};

/// How many keys a set has at most: each may have to be tried.
const MOST: usize = 10;

/// Up to ten keys. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeySet(Arc<[SetKey]>);

/// A key as its owner publishes it.
#[derive(PartialEq, Eq, Debug)]
struct SetKey {
    key: VerifyingKey,
    kid: Option<String>,
    /// The only algorithm that it is for, as `alg` names it.
    algorithm: Option<String>,
}

/// Why a set is refused, as a sentence for whoever sent it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeySet {
    /// Empty, or too long.
    #[error("A set has 1 to {MOST} keys.")]
    Number,
    /// Two keys that an assertion can not tell apart.
    #[error("Two keys have the same `kid`.")]
    SameId,
    /// A key for something else than signatures.
    #[error("A key is not for signatures: its `use`, `key_ops` or `alg` says something else.")]
    Use,
    /// A key that is none.
    #[error("{0}")]
    Key(#[from] InvalidJwk),
}

impl KeySet {
    /// The keys of a set that a client registers: each must be good.
    pub fn parse(keys: &[Value]) -> Result<Self, InvalidKeySet> {
        Self::of(keys.iter().map(SetKey::parse).collect::<Result<_, _>>()?)
    }

    /// The keys of a document that a client publishes: others may read it too, so what is not for us is passed over. RFC 7517
    /// section 4.5 lets keys of different types have one name.
    pub fn published(document: &Value) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        let keys: Vec<SetKey> = keys.iter().filter_map(|key| SetKey::parse(key).ok()).take(MOST).collect();
        (!keys.is_empty()).then(|| Self(keys.into()))
    }

    /// A set of one key.
    pub fn one(key: PublicKey) -> Self {
        Self(Arc::new([SetKey { key: key.into(), kid: None, algorithm: None }]))
    }

    fn of(keys: Vec<SetKey>) -> Result<Self, InvalidKeySet> {
        if keys.is_empty() || keys.len() > MOST {
            return Err(InvalidKeySet::Number);
        }
        let has_twin = |(index, key): (usize, &SetKey)| {
            key.kid.is_some() && keys[..index].iter().any(|other| other.kid == key.kid)
        };
        if keys.iter().enumerate().any(has_twin) {
            return Err(InvalidKeySet::SameId);
        }
        Ok(Self(keys.into()))
    }

    /// As JSON: an array of JWKs, with no more than was read.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(SetKey::to_json).collect()
    }

    /// The only key, if that is all: an Ed25519 key without a name.
    pub fn only_ed25519(&self) -> Option<PublicKey> {
        match &*self.0 {
            [SetKey { key: VerifyingKey::Ed25519(key), kid: None, .. }] => Some(*key),
            _ => None,
        }
    }

    /// Whether there is a key of this name, or one without a name.
    pub fn may_have(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid.as_deref().is_none_or(|name| name == kid))
    }

    /// Whether any key can be used without this algorithm.
    pub fn is_good_without(&self, algorithm: Algorithm) -> bool {
        self.0.iter().any(|key| key.algorithm.as_deref().and_then(Algorithm::parse) != Some(algorithm))
    }

    /// The key that signed it. A key whose name differs from the one that the header has is not tried.
    pub fn signer_of(&self, jws: &UnverifiedJws) -> Option<&VerifyingKey> {
        let header = jws.header();
        let is_named = |key: &&SetKey| key.kid.is_none() || header.kid.is_none() || key.kid == header.kid;
        let fits = |key: &&SetKey| {
            let algorithm = key.algorithm.as_deref().and_then(Algorithm::parse);
            key.key.fits(header.algorithm) && algorithm.is_none_or(|algorithm| algorithm == header.algorithm)
        };
        let mut keys = self.0.iter().filter(is_named).filter(fits).map(|key| &key.key);
        keys.find(|key| jws.is_signed_by(key))
    }
}

impl SetKey {
    fn parse(jwk: &Value) -> Result<Self, InvalidKeySet> {
        let key = VerifyingKey::from_jwk(jwk)?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let is_to_verify = |operations: &Value| operations.as_array().is_some_and(|all| all.contains(&json!("verify")));
        let is_for_signatures = jwk.get("use").is_none_or(|purpose| purpose == "sig")
            && jwk.get("key_ops").is_none_or(is_to_verify)
            && jwk.get("alg").is_none_or(|name| {
                name.as_str().and_then(Algorithm::parse).is_some_and(|algorithm| key.fits(algorithm))
            });
        if !is_for_signatures {
            return Err(InvalidKeySet::Use);
        }
        Ok(Self { kid: text("kid").map(str::to_owned), algorithm: text("alg").map(str::to_owned), key })
    }

    fn to_json(&self) -> Value {
        let mut jwk = self.key.to_jwk();
        for (name, value) in [("kid", &self.kid), ("alg", &self.algorithm)] {
            if let Some(value) = value {
                jwk[name] = json!(value);
            }
        }
        jwk
    }
}
