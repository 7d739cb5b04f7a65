//! A time, as pages show it.

use crate::clock::rfc3339;

/// A time in UTC, for people and for programs.
pub struct Moment {
    /// RFC 3339.
    pub iso: String,
    /// `2026-11-24 06:00 UTC`.
    pub text: String,
}

impl Moment {
    /// Of Unix seconds.
    pub fn new(unix_seconds: i64) -> Self {
        let iso = rfc3339(unix_seconds);
        let text = match (iso.get(..10), iso.get(11..16)) {
            (Some(day), Some(time)) => format!("{day} {time} UTC"),
            (_, _) => iso.clone(),
        };
        Self { iso, text }
    }
}
