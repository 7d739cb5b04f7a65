//! Members of RFC 7591 and its relatives that do nothing yet. Whoever asks for one is refused: a client that was
//! told nothing would believe to have it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::refusal::{Code, Refusal};

/// What can not be asked for yet; null, false and nothing at all ask for nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(default)]
#[derive(Default)]
pub struct Unsupported {
    /// Not supported yet: send `jwks`.
    jwks_uri: Value,
    /// Not supported yet.
    backchannel_logout_uri: Value,
    /// Not supported yet.
    require_pushed_authorization_requests: Value,
}

impl Unsupported {
    /// Refuses what is asked for, by name.
    pub fn refuse(&self) -> Result<(), Refusal> {
        let members = [
            ("jwks_uri", &self.jwks_uri, "Send the key itself in `jwks` or `public_key`."),
            ("backchannel_logout_uri", &self.backchannel_logout_uri, "Leave it out."),
            (
                "require_pushed_authorization_requests",
                &self.require_pushed_authorization_requests,
                "Leave it out, or send false.",
            ),
        ];
        if let Some((name, _, remedy)) = members.into_iter().find(|(_, value, _)| asks_for_something(value)) {
            return Err(Code::InvalidField.because(format!("`{name}` is not supported yet. {remedy}")));
        }
        Ok(())
    }
}

fn asks_for_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}
