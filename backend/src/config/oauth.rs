//! `[oauth]`: how strict the authorization server is, and how long what it issues lives.

use super::error::Rule;
use super::section::{choice, section};

choice! {
    /// What the server holds every client to.
    Profile, "standard or fapi2" {
        /// OAuth 2.1. A client may ask for more when it is registered.
        Standard = "standard",
        /// The FAPI 2.0 Security Profile.
        Fapi2 = "fapi2",
    }
}

choice! {
    /// Whether DPoP proofs need a nonce of the server's.
    DpopNonce, "off or required" {
        /// They are good for a minute, and once.
        Off = "off",
        /// They also show that they were made just now.
        Required = "required",
    }
}

section! {
    /// How strict the authorization server is, and how long what it issues lives.
    "oauth" => Oauth {
        /// What every client is held to; `fapi2` is the FAPI 2.0 Security Profile, with which those that authenticate by a
        /// secret or not at all get nothing any more. With `standard` a client asks for it by its `profile`.
        profile: Profile = Profile::Standard;
        /// Whether clients must push their authorization requests (RFC 9126). With `standard` a client asks for it by its
        /// `require_pushed_authorization_requests`.
        require_pushed_authorization_requests: bool = profile == Profile::Fapi2 => "true with the profile fapi2, else false";
        /// Whether every DPoP proof needs a nonce that the server gave out within the last minutes (RFC 9449 section 8).
        dpop_nonce: DpopNonce = if profile == Profile::Fapi2 { DpopNonce::Required } else { DpopNonce::Off }
            => "required with the profile fapi2, else off";
        /// Whether a client assertion may name the endpoint called as its audience, and not only the issuer.
        legacy_assertion_audience: bool = false;
        /// For how many seconds an access token is good: 60 to 3600. Until then an API that verifies offline and reads no
        /// list of revoked tokens may be fooled.
        access_token_seconds: u32 = 900;
        /// For how many seconds an authorization code is good: 10 to 60.
        code_seconds: u32 = 60;
        /// After how many days without use a refresh token ends: 1 to 90.
        refresh_idle_days: u32 = 30;
        /// After how many days a client must be authorized anew, however often it refreshes: 1 to 730.
        refresh_days: u32 = 365;
        /// For how many seconds a refresh token that was rotated away is only refused, and does not end everything
        /// that came from it, when its client proves a key: two instances of one client may race. 0 to 60; 0 is off.
        refresh_reuse_grace_seconds: u32 = 10;
    }
}

impl Oauth {
    pub(super) fn check(&self) -> Result<(), Rule> {
        if self.profile == Profile::Fapi2 {
            // FAPI 2.0 Security Profile sections 5.3.2.1 (8) and 5.3.2.2 (3).
            if self.legacy_assertion_audience {
                return Err(Rule::new("oauth.legacy_assertion_audience", "false with the profile fapi2"));
            }
            if !self.require_pushed_authorization_requests {
                return Err(Rule::new("oauth.require_pushed_authorization_requests", "true with the profile fapi2"));
            }
        }
        Rule::within("oauth.access_token_seconds", self.access_token_seconds, 60..=3600)?;
        Rule::within("oauth.code_seconds", self.code_seconds, 10..=60)?;
        Rule::within("oauth.refresh_idle_days", self.refresh_idle_days, 1..=90)?;
        Rule::within("oauth.refresh_days", self.refresh_days, 1..=730)?;
        Rule::within("oauth.refresh_reuse_grace_seconds", self.refresh_reuse_grace_seconds, 0..=60)
    }
}
