//! PKCE (RFC 7636), method S256 alone: whoever redeems a code shows that it is the one who asked for it.

use crate::crypto::{base64url, constant_time_eq, sha256};

/// The only `code_challenge_method`. `plain` would show the verifier to whoever sees the request.
pub const METHOD: &str = "S256";

/// The hash of a verifier, as sent with the authorization request.
#[derive(Clone)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// `None` unless it is 43 characters of base64url: the encoding of 32 bytes (section 4.2).
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_array::<32>(text).map(|_| Self(text.to_owned()))
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The random text that the client keeps until it redeems the code.
pub struct CodeVerifier(String);

impl CodeVerifier {
    /// `None` unless it is 43 to 128 unreserved characters (section 4.1).
    pub fn parse(text: &str) -> Option<Self> {
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        ((43..=128).contains(&text.len()) && text.bytes().all(is_unreserved)).then(|| Self(text.to_owned()))
    }

    /// Whether the challenge was made from it (section 4.6).
    pub fn matches(&self, code_challenge: &str) -> bool {
        let challenge = base64url::encode(sha256(self.0.as_bytes()));
        constant_time_eq(challenge.as_bytes(), code_challenge.as_bytes())
    }
}
