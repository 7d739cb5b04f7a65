//! What came back: the body of a success, or the server's refusal in its own words.

use agentid_jose::clock::Clock;
use serde_json::Value;
use ureq::http::{HeaderMap, Response, header};

use crate::error::CallError;

/// A clock that differs by more, in seconds, is named as the likely cause of a refusal.
const CLOCKS_DIFFER: i64 = 5;

/// What came back.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null when it is not JSON.
    pub json: Value,
    /// How far the server's clock is ahead of ours, in seconds.
    pub clock_ahead: i64,
    text: String,
    headers: HeaderMap,
}

impl Answer {
    pub(super) fn new<B>(response: Response<B>, text: String) -> Self {
        let (head, _) = response.into_parts();
        let date = head.headers.get(header::DATE).and_then(|date| date.to_str().ok()).and_then(unix_seconds);
        Self {
            status: head.status.as_u16(),
            json: serde_json::from_str(&text).unwrap_or_default(),
            clock_ahead: date.map_or(0, |date| date - Clock::system().now()),
            text,
            headers: head.headers,
        }
    }

    /// The body as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A header's value; `None` also when it is not plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the request's proof needs another nonce: as an OAuth endpoint says it, or the API.
    pub(super) fn wants_nonce(&self) -> bool {
        matches!(self.status, 400 | 401)
            && [text_of(&self.json, "error"), text_of(&self.json, "code")].contains(&"use_dpop_nonce")
    }

    /// The body of a success.
    ///
    /// # Errors
    /// [`CallError::Refused`] for everything else: the server's code and its sentence.
    pub fn accept(self) -> Result<Value, CallError> {
        if (200..300).contains(&self.status) && self.json.is_object() { Ok(self.json) } else { Err(self.refusal()) }
    }

    /// What the server says when it says no.
    pub fn refusal(&self) -> CallError {
        let (status, json, clock_ahead) = (self.status, &self.json, self.clock_ahead);
        // The API has `code` and `error`; the OAuth endpoints `error` and `error_description` (RFC 6749 section 5.2).
        let (code, sentence) = match (text_of(json, "code"), text_of(json, "error")) {
            (code @ "", "") => (code, ""),
            ("", code) => (code, text_of(json, "error_description")),
            (code, sentence) => (code, sentence),
        };
        let code = if code.is_empty() { "unexpected_answer" } else { code }.to_owned();
        let mut sentence = match sentence {
            "" => format!("The server answered {status}, and not as an Agent ID server does."),
            sentence => sentence.to_owned(),
        };
        if status == 401 && clock_ahead.abs() > CLOCKS_DIFFER {
            let direction = if clock_ahead > 0 { "behind" } else { "ahead of" };
            let seconds = clock_ahead.abs();
            sentence.push_str(&format!(
                " The clock of this machine is {seconds} s {direction} the server's, so what it signs may be refused: set the clock."
            ));
        }
        CallError::Refused { status, code, sentence }
    }
}

/// A text member of an answer; empty when it is absent.
pub fn text_of<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Reads a `Date` header (RFC 9110 section 5.6.7).
fn unix_seconds(date: &str) -> Option<i64> {
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second())
}
