//! Before a challenge is signed: a server can send any text, and a signature is good wherever that text
//! is. So nothing is signed that is not exactly a challenge of this server, for this purpose, about
//! one's own keys, and still pending.

use serde::Deserialize;
use serde_json::Value;

use super::failure::Failure;
use crate::crypto::ed25519::SigningKey;
use crate::crypto::{canonical_json, strict_json};
use crate::id::ChallengeId;
use crate::identity::challenges::Purpose;

/// A challenge as a server sends it.
#[derive(Deserialize)]
pub struct Challenge {
    /// What the answer is sent for.
    pub challenge_id: ChallengeId,
    challenge_data: String,
}

/// What a challenge must say to be signed.
pub struct Expected<'a> {
    /// What was asked for.
    pub purpose: Purpose,
    /// The server that was called.
    pub issuer: &'a str,
    /// The members that name one's own keys, id and profile.
    pub own: &'a [(&'a str, &'a str)],
}

impl Challenge {
    /// Reads the answer of an initiate step.
    pub fn of(answer: Value) -> Result<Self, Failure> {
        serde_json::from_value(answer).map_err(|error| refuse(&format!("it can not be read: {error}")))
    }

    /// The signature over the text, if it says what is expected. `now` in Unix seconds.
    pub fn sign(&self, expected: &Expected<'_>, key: &SigningKey, now: i64) -> Result<String, Failure> {
        let text = &self.challenge_data;
        let members = strict_json::parse_object(text.as_bytes())
            .filter(|members| canonical_json::to_string(members) == *text)
            .ok_or_else(|| refuse("its text is not canonical JSON (RFC 8785)"))?;
        let member = |name: &str| members.get(name).and_then(Value::as_str);
        let must_be = [
            ("purpose", expected.purpose.as_str()),
            ("issuer", expected.issuer),
            ("challenge_id", self.challenge_id.as_str()),
        ];
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

fn refuse(reason: &str) -> Failure {
    Failure::refused(
        "unsafe_challenge",
        format!(
            "Not signed: the server sent a challenge that must not be signed, for {reason}. Check that --server is the server you mean."
        ),
    )
}
