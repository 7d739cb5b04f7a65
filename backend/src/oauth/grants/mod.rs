//! The grants of the token endpoint, one file each.

pub mod client_credentials;

use crate::oauth::error::{ErrorCode, OauthError};

/// Every grant there is. Whoever adds one is led by the compiler to each place that must know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GrantType {
    /// RFC 6749 section 4.4: the caller acts as itself.
    ClientCredentials,
}

impl GrantType {
    /// All of them, for the discovery document.
    pub const ALL: &'static [Self] = &[Self::ClientCredentials];

    /// The `grant_type` parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// Reads the `grant_type` parameter.
    pub fn parse(text: &str) -> Result<Self, OauthError> {
        let known = Self::ALL.iter().copied().find(|grant| grant.as_str() == text);
        known.ok_or_else(|| ErrorCode::UnsupportedGrantType.into())
    }
}
