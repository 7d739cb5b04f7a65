//! Reading the headers that carry credentials.

use aide::openapi::SecurityRequirement;
use axum::http::{HeaderMap, HeaderName};

use crate::refusal::{Code, Refusal};
use crate::secret::{PlainToken, TokenHash};

/// The one value of a header; several are refused, for it is not clear which one counts.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Code::MalformedRequest.into()),
        (Some(_), Some(_)) => Err(Code::TwoCredentials.into()),
    }
}

/// RFC 9110 section 11.1: the scheme's case does not matter.
pub(super) fn bearer(value: &str) -> Result<TokenHash, Refusal> {
    let token = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.and_then(|(_, token)| PlainToken::parse(token.trim())).ok_or(Code::NotAuthenticated)?;
    Ok(token.hash())
}

/// How the documentation names a way to authenticate.
pub(super) fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::from_iter([(scheme.to_owned(), Vec::new())])
}
