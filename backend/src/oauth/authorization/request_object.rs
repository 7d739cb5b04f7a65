//! Request objects (RFC 9101): an authorization request that its client has signed, by value.
//!
//! What is signed counts, and nothing that stands beside it (section 6.3). A request object says for whom it is and until
//! when: one that somebody finds in a browser's history, or that was made for another server, is worth nothing.

use serde_json::{Map, Value};

use crate::crypto::claims;
use crate::crypto::jws::UnverifiedJws;
use crate::crypto::key_set::KeySet;
use crate::oauth::client_assertion::{CLOCK_SKEW, is_audience, is_begun};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::policy::is_fapi_algorithm;

/// How far ahead `exp` may be, in seconds.
const LONGEST_LIFETIME: i64 = 60 * 60;
/// What is said of the object itself, and not of the request.
const OF_THE_OBJECT: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// What a request object has to say.
pub struct Expected<'a> {
    /// The client that it is from.
    pub client_id: &'a str,
    /// The issuer.
    pub issuer: &'a str,
    /// Whether the client is held to FAPI 2.0.
    pub is_fapi: bool,
    /// Unix seconds.
    pub now: i64,
}

/// Which of its keys the client says that it used; `None` also for what is no JWT.
pub fn kid(object: &str) -> Option<String> {
    UnverifiedJws::parse(object).ok()?.header().kid.clone()
}

/// The parameters of a request object that one of these keys has signed.
pub fn read(object: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Form, OauthError> {
    parameters(object, keys, expected).ok_or_else(|| ErrorCode::InvalidRequestObject.into())
}

fn parameters(object: &str, keys: &KeySet, expected: &Expected<'_>) -> Option<Form> {
    let jws = UnverifiedJws::parse(object).ok()?;
    let header = jws.header();
    // Section 10.8: another type of JWT is no request.
    let is_type = matches!(header.typ.as_deref(), None | Some("JWT" | "oauth-authz-req+jwt"));
    let is_allowed = !expected.is_fapi || is_fapi_algorithm(header.algorithm);
    if !is_type || !is_allowed || header.has_key_reference {
        return None;
    }
    keys.signer_of(&jws)?;
    let claims = jws.unverified_claims();
    let is_from_client = claims::text(claims, "iss") == Some(expected.client_id)
        && claims::text(claims, "client_id") == Some(expected.client_id);
    let is_for_us = is_audience(claims.get("aud")?, |audience| audience == expected.issuer);
    let exp = claims::time(claims, "exp")?;
    let is_begun = |name| is_begun(claims, name, expected.now);
    let is_timely = exp > expected.now && exp <= expected.now + LONGEST_LIFETIME + CLOCK_SKEW;
    // Section 4: none within another.
    let is_flat = !claims.contains_key("request") && !claims.contains_key("request_uri");
    // With its client as the subject it could pass for an assertion.
    let is_no_assertion = claims::text(claims, "sub") != Some(expected.client_id);
    if !(is_no_assertion && is_from_client && is_for_us && is_timely && is_begun("iat") && is_begun("nbf") && is_flat) {
        return None;
    }
    as_form(claims)
}

/// Section 4: strings as they are, numbers as they are written. `resource` may be several. Anything else is no parameter that
/// is known here.
fn as_form(claims: &Map<String, Value>) -> Option<Form> {
    let mut parameters = Vec::new();
    for (name, value) in claims.iter().filter(|(name, _)| !OF_THE_OBJECT.contains(&name.as_str())) {
        match value {
            Value::String(text) => parameters.push((name.clone(), text.clone())),
            Value::Number(number) => parameters.push((name.clone(), number.to_string())),
            Value::Array(several) if name == "resource" => {
                for one in several {
                    parameters.push((name.clone(), one.as_str()?.to_owned()));
                }
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    // In the bounds of every form.
    Form::parse_repeating(Form::of(parameters).encode().as_bytes()).ok()
}
