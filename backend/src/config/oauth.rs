//! `[oauth]`: how strict the authorization server is with older clients.

use super::error::Rule;
use super::section::section;

section! {
    /// How strict the authorization server is with older clients.
    "oauth" => Oauth {
        /// Whether a client assertion may name the token endpoint as its audience, and not only the issuer.
        legacy_assertion_audience: bool = false;
        /// For how many seconds a refresh token that was rotated away is only refused, and does not end everything
        /// that came from it, when its client proves a key: two instances of one client may race. 0 to 60; 0 is off.
        refresh_reuse_grace_seconds: u32 = 10;
    }
}

impl Oauth {
    pub(super) fn check(&self) -> Result<(), Rule> {
        Rule::within("oauth.refresh_reuse_grace_seconds", self.refresh_reuse_grace_seconds, 0..=60)
    }
}
