//! `private_key_jwt`: a caller authenticates with a JWT signed by its own key (RFC 7523 section 3,
//! OpenID Connect Core section 9).
//!
//! `aud` is the issuer alone (RFC 10070), so that an assertion made for one server is worth nothing at
//! another; with `oauth.legacy_assertion_audience` also the address of the endpoint called. Everything
//! is verified first; then the `jti` is spent, in the transaction that acts. Of a caller that is held to FAPI 2.0, `aud` is a
//! string (section 5.3.2.1 (8) of the profile), and the algorithm one that it allows.

use serde_json::{Map, Value};

use crate::crypto::claims;
use crate::crypto::jws::UnverifiedJws;
use crate::crypto::key_set::KeySet;
use crate::identity::dpop::SpentProof;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::policy::{Policy, is_fapi_algorithm};

/// The only `client_assertion_type`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead `exp` may be, in seconds.
const LONGEST_LIFETIME: i64 = 300;
/// How far clocks may differ, in seconds.
pub const CLOCK_SKEW: i64 = 60;

/// An assertion that was read but not verified: it says whose key to look up.
pub struct UnverifiedAssertion {
    jws: UnverifiedJws,
    /// Whose assertion it claims to be: an agent's or a client's id.
    pub subject: String,
}

/// What an assertion has to say.
pub struct Expected<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The address of the endpoint called, with `oauth.legacy_assertion_audience`.
    pub legacy: Option<&'a str>,
    /// Who is held to what.
    pub policy: Policy,
    /// Unix seconds.
    pub now: i64,
}

/// Reads the assertion of a form. Everything that is wrong with it is `invalid_client`: the caller is
/// told what to send, not which check failed.
pub fn read(form: &Form) -> Result<UnverifiedAssertion, OauthError> {
    let (Some(ASSERTION_TYPE), Some(assertion)) = (form.get("client_assertion_type"), form.get("client_assertion"))
    else {
        return Err(ErrorCode::InvalidClient.into());
    };
    let jws = UnverifiedJws::parse(assertion).map_err(|_| ErrorCode::InvalidClient)?;
    let header = jws.header();
    // RFC 8725 section 3.11: another type of JWT is no assertion. A key that comes along proves nothing.
    let is_type = matches!(header.typ.as_deref(), None | Some("JWT" | "client-authentication+jwt"));
    if !is_type || header.has_key_reference {
        return Err(ErrorCode::InvalidClient.into());
    }
    let unverified = jws.unverified_claims();
    // What is said in a request object (RFC 9101), which stands in addresses, is no assertion.
    if ["response_type", "redirect_uri", "code_challenge"].into_iter().any(|name| unverified.contains_key(name)) {
        return Err(ErrorCode::InvalidClient.into());
    }
    let subject = claims::text(unverified, "sub").ok_or(ErrorCode::InvalidClient)?;
    let is_consistent = claims::text(unverified, "iss") == Some(subject)
        && form.get("client_id").is_none_or(|client_id| client_id == subject);
    if !is_consistent {
        return Err(ErrorCode::InvalidClient.into());
    }
    let subject = subject.to_owned();
    Ok(UnverifiedAssertion { jws, subject })
}

impl UnverifiedAssertion {
    /// Which of its keys the caller says that it used.
    pub fn kid(&self) -> Option<&str> {
        self.jws.header().kid.as_deref()
    }

    /// Verifies signature and claims with the keys of the one it claims to be from.
    pub fn verify(self, keys: &KeySet, is_fapi: bool, expected: &Expected<'_>) -> Result<SpentProof, OauthError> {
        if is_fapi && !is_fapi_algorithm(self.jws.header().algorithm) {
            return Err(ErrorCode::InvalidClient.into());
        }
        let key = keys.signer_of(&self.jws).ok_or(ErrorCode::InvalidClient)?;
        let (jti, until) =
            verify_claims(self.jws.unverified_claims(), is_fapi, expected).ok_or(ErrorCode::InvalidClient)?;
        Ok(SpentProof::new(key, jti, until))
    }
}

/// Its `jti`, and until when that is to be remembered.
fn verify_claims<'a>(claims: &'a Map<String, Value>, is_fapi: bool, expected: &Expected<'_>) -> Option<(&'a str, i64)> {
    let now = expected.now;
    let (aud, legacy) = (claims.get("aud")?, expected.legacy.filter(|_| !is_fapi));
    let is_for_us = is_audience(aud, |audience| audience == expected.issuer || legacy == Some(audience))
        && (aud.is_string() || !is_fapi);
    let expires_at = claims::time(claims, "exp")?;
    let is_begun = |name| is_begun(claims, name, now);
    let lifetime = claims::time(claims, "iat").map_or(0, |issued_at| expires_at - issued_at);
    let is_short = expires_at <= now + LONGEST_LIFETIME + CLOCK_SKEW && lifetime <= LONGEST_LIFETIME;
    let is_valid = is_for_us && expires_at > now && is_short && is_begun("iat") && is_begun("nbf");
    let jti = claims::jti(claims).filter(|_| is_valid)?;
    Some((jti, expires_at + CLOCK_SKEW))
}

/// Whether `aud` is a string, or an array of just one, that is accepted: a token that is good for others too is not for us.
pub fn is_audience(aud: &Value, is_accepted: impl Fn(&str) -> bool) -> bool {
    match aud {
        Value::String(audience) => is_accepted(audience),
        Value::Array(list) => matches!(list.as_slice(), [Value::String(audience)] if is_accepted(audience)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// Whether a time that the claims may have, such as `iat` or `nbf`, has come.
pub fn is_begun(claims: &Map<String, Value>, name: &str, now: i64) -> bool {
    !claims.contains_key(name) || claims::time(claims, name).is_some_and(|time| time <= now + CLOCK_SKEW)
}
