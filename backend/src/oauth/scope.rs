//! Scopes (RFC 6749 section 3.3): what an app may learn of an agent.

use crate::oauth::error::{ErrorCode, OauthError};

/// Every scope there is.
pub const KNOWN: &[&str] = &["openid", "id", "name", "description", "subscription", "overseer", "offline_access"];

/// What a request without `scope` gets.
const DEFAULT: &str = "id name";

/// Known scopes, each once, in the order asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope(String);

impl Scope {
    /// The scopes of a request; without any, the default.
    pub fn requested(text: Option<&str>) -> Result<Self, OauthError> {
        let mut scopes: Vec<&str> = Vec::new();
        for scope in text.unwrap_or(DEFAULT).split(' ').filter(|scope| !scope.is_empty()) {
            if !KNOWN.contains(&scope) {
                return Err(ErrorCode::InvalidScope.into());
            }
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        if scopes.is_empty() {
            return Self::requested(None);
        }
        Ok(Self(scopes.join(" ")))
    }

    /// Space-separated, as on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
