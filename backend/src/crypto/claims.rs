//! Reading the claims of a verified JWT (RFC 7519 section 4).

use serde_json::{Map, Value};

/// Seconds beyond which a time is nonsense: the year 33658.
const LATEST: f64 = 1e12;

/// A claim that is a text.
pub fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// A claim that is a time (`NumericDate`, section 2), in Unix seconds. A fraction is allowed and cut off.
pub fn time(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    let with_fraction = || value.as_f64().filter(|seconds| seconds.abs() < LATEST);
    #[expect(clippy::cast_possible_truncation, reason = "it is within the bound, and the fraction is to go")]
    value.as_i64().or_else(|| with_fraction().map(|seconds| seconds.floor() as i64))
}
