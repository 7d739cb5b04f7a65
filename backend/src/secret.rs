//! Types for secrets. None of them has a `Debug`, `Display` or `Serialize` that shows the secret, so that
//! it can not end up in a log or an answer by accident; only hashes of them are stored.

use schemars::JsonSchema;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::crypto::{base64url, constant_time_eq, sha256};
use crate::id::TokenId;
use crate::random::Random;

/// The secret half of a session: 256 random bits in base64url, known to its holder alone.
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    /// A fresh one.
    pub fn generate(random: Random) -> Self {
        Self(Zeroizing::new(base64url::encode(random.bytes::<32>())))
    }

    /// `None` unless `text` has the form that [`PlainToken::generate`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_array::<32>(text).map(|_| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text to hand to the holder, once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored instead. A fast hash is right: the token is random, so it can not be guessed.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

/// A refresh token: `<id of its row>.<256-bit secret>`, so that the row is found by its primary key and the
/// secret compared by its hash.
pub struct RefreshToken {
    /// The row that remembers it.
    pub id: TokenId,
    secret: PlainToken,
}

impl RefreshToken {
    /// A fresh one for the row `id`.
    pub fn generate(id: TokenId, random: Random) -> Self {
        Self { id, secret: PlainToken::generate(random) }
    }

    /// `None` unless `text` has the form that [`RefreshToken::expose`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        Some(Self { id: TokenId::parse(id)?, secret: PlainToken::parse(secret)? })
    }

    /// The text to hand to the client, once.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}", self.id, self.secret.expose()))
    }

    /// What is stored instead.
    pub fn hash(&self) -> TokenHash {
        self.secret.hash()
    }
}

/// SHA-256 of a token, in base64url: safe to store and to show.
#[derive(Clone, Debug)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of any token's text.
    pub fn of(token: &str) -> Self {
        Self(base64url::encode(sha256(token.as_bytes())))
    }

    /// The text as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares with a stored hash in constant time.
    pub fn matches(&self, stored: &str) -> bool {
        constant_time_eq(self.0.as_bytes(), stored.as_bytes())
    }
}

/// A password as somebody typed it.
#[derive(Deserialize, JsonSchema, Clone)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// A password from outside JSON: the command line's prompt.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// For hashing and checking only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}
