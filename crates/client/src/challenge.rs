//! Before a challenge is signed: a server can send any text, and a signature is good wherever that text
//! is. So nothing is signed that is not exactly a challenge of this server, for this purpose, about
//! one's own keys, and still pending.

use agentid_jose::ed25519::SigningKey;
use agentid_jose::{canonical_json, strict_json};
use serde_json::Value;

use crate::error::CallError;
use crate::http::text_of;

/// A challenge as a server sends it.
pub struct Challenge {
    id: String,
    text: String,
}

/// What a challenge must say to be signed.
pub struct Expected<'a> {
    /// What was asked for: `register`, `rotate-key` or `sign-in`.
    pub purpose: &'a str,
    /// The server that was called.
    pub issuer: &'a str,
    /// The members that name one's own keys, id and profile.
    pub own: &'a [(&'a str, &'a str)],
}

impl Challenge {
    /// Reads the answer of an initiate step.
    ///
    /// # Errors
    /// [`CallError::UnsafeChallenge`].
    pub fn of(answer: &Value) -> Result<Self, CallError> {
        let (id, text) = (text_of(answer, "challenge_id"), text_of(answer, "challenge_data"));
        // The id becomes part of an address.
        let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '-';
        if id.is_empty() || !id.chars().all(is_plain) || text.is_empty() {
            return Err(refuse("it can not be read"));
        }
        Ok(Self { id: id.to_owned(), text: text.to_owned() })
    }

    /// What the answer is sent for.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A member of the text, for people. Good for a decision only once [`Self::sign`] has found the text to be what is
    /// expected.
    pub fn member(&self, name: &str) -> Option<String> {
        let members = strict_json::parse_object(self.text.as_bytes())?;
        members.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// The signature over the text, if it says what is expected. `now` in Unix seconds.
    ///
    /// # Errors
    /// [`CallError::UnsafeChallenge`].
    pub fn sign(&self, expected: &Expected<'_>, key: &SigningKey, now: i64) -> Result<String, CallError> {
        let text = &self.text;
        let members = strict_json::parse_object(text.as_bytes())
            .filter(|members| canonical_json::to_string(members) == *text)
            .ok_or_else(|| refuse("its text is not canonical JSON (RFC 8785)"))?;
        let member = |name: &str| members.get(name).and_then(Value::as_str);
        let must_be = [("purpose", expected.purpose), ("issuer", expected.issuer), ("challenge_id", &self.id)];
        for (name, value) in must_be.iter().chain(expected.own) {
            if member(name) != Some(value) {
                return Err(refuse(&format!("its `{name}` is not `{value}`")));
            }
        }
        let expires_at = member("expires_at").and_then(|text| text.parse::<jiff::Timestamp>().ok());
        match expires_at {
            Some(expires_at) if expires_at.as_second() > now => Ok(key.sign(text.as_bytes()).to_string()),
            Some(_) => Err(refuse("it has expired by the clock of this machine")),
            None => Err(refuse("it does not say when it expires")),
        }
    }
}

fn refuse(reason: &str) -> CallError {
    CallError::UnsafeChallenge(reason.to_owned())
}
