//! What the server asks of its callers beyond OAuth 2.1, by its own settings and by what a client is registered with, and how
//! long what it issues lives.
//!
//! The profile is the FAPI 2.0 Security Profile (final). `docs/v1/fapi.md` has each of its requirements, and where it is met.

use crate::config::{self, Profile};
use crate::crypto::jws::Algorithm;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::oauth_clients::{ApplicationType, AuthMethod, ClientProfile, OauthClient};
use crate::oauth::authentication::Party;

const DAY: i64 = 24 * 60 * 60;

/// The longest life that the settings allow an access token, in seconds.
pub const LONGEST_ACCESS_TOKEN: i64 = 3600;

/// The settings that rules depend on.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    profile: Profile,
    requires_pushed_requests: bool,
    /// Whether only overseers whose e-mail address is confirmed count as such in tokens: anybody can give any address.
    pub wants_confirmed_overseers: bool,
    /// How long an access token lives, in seconds.
    pub access_token: i64,
    /// How long a code can be redeemed, in seconds.
    pub code: i64,
    /// How long a refresh token lives when it is not used, in seconds.
    pub refresh_idle: i64,
    /// How long a client can go on from one authorization, in seconds.
    pub family: i64,
}

impl Policy {
    /// As the settings say.
    pub fn new(settings: &config::Oauth, mail: &config::Mail) -> Self {
        Self {
            profile: settings.profile,
            requires_pushed_requests: settings.require_pushed_authorization_requests,
            wants_confirmed_overseers: mail.url.expose().is_some(),
            access_token: settings.access_token_seconds.into(),
            code: settings.code_seconds.into(),
            refresh_idle: i64::from(settings.refresh_idle_days) * DAY,
            family: i64::from(settings.refresh_days) * DAY,
        }
    }

    /// Whether the whole server is held to the profile.
    pub fn is_fapi_server(self) -> bool {
        self.profile == Profile::Fapi2
    }

    /// What the whole server refuses because of its profile, for whoever starts it.
    pub fn refusals(self) -> &'static [&'static str] {
        if !self.is_fapi_server() {
            return &[];
        }
        &[
            "clients that authenticate by a secret or not at all, take RS256, or go back to an http address",
            "authorization requests that were not pushed",
            "requests for a token without a DPoP proof",
            "assertions that name anything but the issuer as a string in aud",
            "assertions that are signed with RS256, and tokens that are not bound",
        ]
    }

    /// Whether this client is held to the profile.
    pub fn is_fapi(self, client: &OauthClient) -> bool {
        self.is_fapi_server() || client.profile == Some(ClientProfile::Fapi2)
    }

    /// Whether this caller is held to the profile.
    pub fn is_fapi_party(self, party: &Party) -> bool {
        match party {
            Party::Agent(_) => self.is_fapi_server(),
            Party::Client(client) => self.is_fapi(client),
        }
    }

    /// Whether this client may ask only for what it has pushed.
    pub fn wants_pushed_requests(self, client: &OauthClient) -> bool {
        self.requires_pushed_requests || client.require_pushed_authorization_requests || self.is_fapi(client)
    }

    /// Whether every client may.
    pub fn wants_all_requests_pushed(self) -> bool {
        self.requires_pushed_requests
    }

    /// Whether any client may authenticate like this.
    pub fn allows_method(self, method: AuthMethod) -> bool {
        !self.is_fapi_server() || method == AuthMethod::PrivateKeyJwt
    }

    /// Whether anybody may sign like this, by the name that `alg` has.
    pub fn allows_algorithm(self, name: &str) -> bool {
        !self.is_fapi_server() || Algorithm::parse(name).is_some_and(is_fapi_algorithm)
    }

    /// Whether this caller gets only tokens that are bound to a key.
    pub fn wants_bound_tokens(self, party: &Party) -> bool {
        let is_registered_so = matches!(party, Party::Client(client) if client.dpop_bound_access_tokens);
        is_registered_so || self.is_fapi_party(party)
    }
}

/// Why a client can not be held to the profile (sections 5.3.2.1 (6), 5.3.2.2 (8) and 5.4.1), by what it is registered with.
/// Looked at also when it calls, for it may have been registered before the server was held to the profile.
pub fn fapi_problem(client: &OauthClient) -> Option<&'static str> {
    let is_allowed_redirect =
        |uri: &String| !uri.starts_with("http:") || client.application_type == ApplicationType::Native;
    let signed_with = [Some(client.id_token_signed_response_alg), client.userinfo_signed_response_alg];
    if client.token_endpoint_auth_method != AuthMethod::PrivateKeyJwt {
        Some("`token_endpoint_auth_method` must be `private_key_jwt`")
    } else if signed_with.contains(&Some(SigningAlgorithm::Rs256)) {
        Some("`RS256` is not allowed; take `EdDSA` or `ES256`")
    } else if client.jwks.as_ref().is_some_and(|keys| !keys.is_good_without(Algorithm::Rs256)) {
        Some("`jwks` has only keys for `RS256`, which is not allowed")
    } else if !client.redirect_uris.items().iter().all(is_allowed_redirect) {
        Some("`redirect_uris` must be https")
    } else {
        None
    }
}

/// Section 5.4.1 (2) of the profile: RSASSA-PKCS1-v1_5 is not among what may be used.
pub fn is_fapi_algorithm(algorithm: Algorithm) -> bool {
    match algorithm {
        Algorithm::Ed25519 | Algorithm::Es256 | Algorithm::Ps256 => true,
        Algorithm::Rs256 => false,
    }
}
