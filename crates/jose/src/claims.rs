//! Reading the claims of a verified JWT (RFC 7519 section 4).

use serde_json::{Map, Value};

/// Seconds beyond which a time is nonsense, so that sums and differences of times stay small: the year 33658.
const LATEST: i64 = 1_000_000_000_000;

/// A claim that is a text.
pub fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// The longest `jti` that is taken, in bytes.
const LONGEST_JTI: usize = 256;

/// The `jti`, if it is a text that is neither empty nor over 256 bytes.
pub fn jti(claims: &Map<String, Value>) -> Option<&str> {
    text(claims, "jti").filter(|jti| (1..=LONGEST_JTI).contains(&jti.len()))
}

/// A claim that is a time (`NumericDate`, section 2), in Unix seconds. A fraction is allowed and cut off.
pub fn time(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is to go; what is out of range is refused below")]
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))?;
    (-LATEST..=LATEST).contains(&seconds).then_some(seconds)
}
