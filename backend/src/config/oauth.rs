//! `[oauth]`: how strict the authorization server is with older clients.

use super::section::section;

section! {
    /// How strict the authorization server is with older clients.
    "oauth" => Oauth {
        /// Whether a client assertion may name the token endpoint as its audience, and not only the issuer.
        legacy_assertion_audience: bool = false;
    }
}
