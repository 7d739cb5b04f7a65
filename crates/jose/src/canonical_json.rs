//! Canonical JSON (RFC 8785): the one text of a value, for whatever is hashed or signed and must come
//! out the same on both sides.

use serde::Serialize;

/// The canonical text. Numbers are doubles, as the RFC has it: an integer beyond ±2⁵³ is rounded, so
/// put such a number into a string.
///
/// # Panics
/// When the value has no JSON form: a map whose keys are not strings, a number that is not finite.
/// That is a mistake in the program, never in a request.
#[expect(clippy::expect_used, reason = "what is serialised is the program's own type")]
pub fn to_string(value: &impl Serialize) -> String {
    serde_json_canonicalizer::to_string(value).expect("the value has a JSON form")
}
