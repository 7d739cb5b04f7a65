//! A public key in a JSON request body, in any of the forms that we accept.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::ed25519::{InvalidKey, PublicKey};
use super::jwk;

/// What was sent where a key belongs. Any JSON deserialises, for a bad key is a 422 with a sentence of its own, not
/// a malformed body. It has no `Debug`, for people do send private keys.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct KeyInput(Value);

impl KeyInput {
    /// What somebody has typed.
    pub fn of_text(text: &str) -> Self {
        Self(Value::String(text.to_owned()))
    }

    /// The key: a string is raw base64url or an OpenSSH line, an object is a JWK (RFC 8037).
    ///
    /// # Errors
    /// Any [`InvalidKey`]; its sentence is the answer.
    pub fn key(&self) -> Result<PublicKey, InvalidKey> {
        match self.0.as_str() {
            Some(text) => PublicKey::parse(text),
            None => jwk::parse(&self.0),
        }
    }
}

impl JsonSchema for KeyInput {
    fn schema_name() -> Cow<'static, str> {
        "PublicKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An Ed25519 public key",
            "anyOf": [
                {
                    "type": "string",
                    "description": "The 32 raw bytes in base64url without padding, or an OpenSSH `ssh-ed25519 …` line",
                },
                {
                    "type": "object",
                    "description": "A JWK (RFC 8037), without its private part",
                    "required": ["kty", "crv", "x"],
                    "properties": {
                        "kty": { "const": "OKP" },
                        "crv": { "const": "Ed25519" },
                        "x": { "type": "string" },
                    },
                },
            ],
        })
    }
}
