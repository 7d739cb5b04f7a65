//! `private_key_jwt`: a caller authenticates with a JWT signed by its own key (RFC 7523 section 3,
//! OpenID Connect Core section 9).
//!
//! `aud` is the issuer alone (RFC 10070), so that an assertion made for one server is worth nothing at
//! another; with `oauth.legacy_assertion_audience` also the address of the endpoint called. Everything
//! is verified first; then the `jti` is spent, in the transaction that acts.

use serde_json::{Map, Value};

use crate::crypto::claims;
use crate::crypto::ed25519::PublicKey;
use crate::crypto::jws::UnverifiedJws;
use crate::identity::dpop::SpentProof;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;

/// The only `client_assertion_type`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead `exp` may be, in seconds.
const LONGEST_LIFETIME: i64 = 300;
/// How far clocks may differ, in seconds.
const CLOCK_SKEW: i64 = 60;

/// An assertion that was read but not verified: it says whose key to look up.
pub struct UnverifiedAssertion {
    jws: UnverifiedJws,
    /// Whose assertion it claims to be: an agent's or a client's id.
    pub subject: String,
}

/// Which audiences are accepted.
pub struct Audiences<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The address of the endpoint called, with `oauth.legacy_assertion_audience`.
    pub legacy: Option<&'a str>,
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
    /// Verifies signature and claims with the key of the one it claims to be from.
    pub fn verify(self, key: &PublicKey, audiences: &Audiences<'_>, now: i64) -> Result<SpentProof, OauthError> {
        let claims = self.jws.verify(key).map_err(|_| ErrorCode::InvalidClient)?;
        verify_claims(&claims, key, audiences, now).ok_or_else(|| ErrorCode::InvalidClient.into())
    }
}

fn verify_claims(
    claims: &Map<String, Value>,
    key: &PublicKey,
    audiences: &Audiences<'_>,
    now: i64,
) -> Option<SpentProof> {
    let is_for_us = match claims.get("aud")? {
        Value::String(audience) => is_accepted(audience, audiences),
        Value::Array(list) => {
            matches!(list.as_slice(), [Value::String(audience)] if is_accepted(audience, audiences))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    let expires_at = claims::time(claims, "exp")?;
    let is_begun =
        |name| !claims.contains_key(name) || claims::time(claims, name).is_some_and(|time| time <= now + CLOCK_SKEW);
    let lifetime = claims::time(claims, "iat").map_or(0, |issued_at| expires_at - issued_at);
    let is_short = expires_at <= now + LONGEST_LIFETIME + CLOCK_SKEW && lifetime <= LONGEST_LIFETIME;
    let is_valid = is_for_us && expires_at > now && is_short && is_begun("iat") && is_begun("nbf");
    let jti = claims::jti(claims).filter(|_| is_valid)?;
    Some(SpentProof::new(key, jti, expires_at + CLOCK_SKEW))
}

fn is_accepted(audience: &str, audiences: &Audiences<'_>) -> bool {
    audience == audiences.issuer || audiences.legacy == Some(audience)
}
