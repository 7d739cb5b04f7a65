//! JSON bodies, strictly: one object, each member once, no NUL anywhere. What is refused is not repeated in
//! the answer, for it may be a secret in the wrong place.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::crypto::strict_json;
use crate::refusal::{Code, Refusal};

/// Reads a body as the type `T`.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let members = strict_json::parse_object(body).ok_or(Code::MalformedJson)?;
    if holds_nul(&members) {
        return Err(Code::InvalidField.because("A text holds a NUL character. Leave it out."));
    }
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
        let reason = reason(&error.inner().to_string());
        let place = if error.path().iter().next().is_some() { format!("`{}`: ", error.path()) } else { String::new() };
        Code::InvalidField.because(format!("{place}{reason}. Send the fields as /openapi.json shows them."))
    })
}

/// Not every engine can store NUL in a text.
fn holds_nul(members: &Map<String, Value>) -> bool {
    members.iter().any(|(name, value)| name.contains('\0') || value_holds_nul(value))
}

fn value_holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(value_holds_nul),
        Value::Object(members) => holds_nul(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// serde says `invalid type: string "…", expected a boolean`; what was sent stays out.
fn reason(text: &str) -> String {
    text.rsplit_once(", expected ").map_or_else(|| text.to_owned(), |(_, expected)| format!("expected {expected}"))
}
