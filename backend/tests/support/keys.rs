//! Keys of every algorithm that a client may sign with, which the server itself never has to make.

use agentid::crypto::base64url;
use agentid::crypto::signer::{Signer, SigningAlgorithm};
use agentid::random::Random;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};

/// A private key, and how it signs.
pub enum ClientKey {
    /// `EdDSA`, `Ed25519`, `ES256` and `RS256`.
    Signer(&'static str, Signer),
    /// `PS256`.
    Ps256(RsaKeyPair),
}

impl ClientKey {
    /// A new key, by the name that `alg` has.
    pub fn generate(name: &'static str) -> Self {
        let algorithm = match name {
            "EdDSA" | "Ed25519" => SigningAlgorithm::EdDsa,
            "ES256" => SigningAlgorithm::Es256,
            "RS256" => SigningAlgorithm::Rs256,
            _ => return Self::Ps256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        };
        Self::Signer(name, Signer::generate(algorithm, Random::system()))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Signer(name, _) => name,
            Self::Ps256(_) => "PS256",
        }
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        match self {
            Self::Signer(_, signer) => signer.verifying_key().to_jwk(),
            Self::Ps256(key) => {
                let modulus = key.public_key().modulus().big_endian_without_leading_zero();
                json!({ "kty": "RSA", "e": "AQAB", "n": base64url::encode(modulus) })
            }
        }
    }

    /// A set of this key alone.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk()] })
    }

    /// A JWT with this header, whose `alg` is the key's unless it says otherwise.
    pub fn jwt(&self, header: &Value, claims: &Value) -> String {
        use agentid::crypto::jws::Sign as _;
        let mut header = header.clone();
        if header.get("alg").is_none() {
            header["alg"] = json!(self.name());
        }
        let input = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(claims.to_string()));
        let signature = match self {
            Self::Signer(_, signer) => signer.sign_bytes(input.as_bytes()),
            Self::Ps256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{input}.{}", base64url::encode(signature))
    }
}
