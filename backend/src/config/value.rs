//! What a setting can hold: how it is written as text, and as which TOML type.

use std::net::SocketAddr;
use std::path::PathBuf;

/// How a value is written in `agentid.toml`. The environment and flags have text only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
    /// Of texts; elsewhere comma-separated.
    List,
    /// Nothing that a setting can hold: a float, a date, a list of something else.
    Other,
}

/// The type of a setting.
pub(super) trait Value: Sized {
    /// Completes "expected …" in an error.
    const ACCEPTS: &str;
    const KIND: Kind = Kind::Text;

    fn parse(text: &str) -> Option<Self>;

    /// As [`Value::parse`] takes it.
    fn text(&self) -> String;
}

impl Value for bool {
    const ACCEPTS: &str = "true or false";
    const KIND: Kind = Kind::Bool;

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Value for u32 {
    const ACCEPTS: &str = "a whole number from 0 to 4294967295";
    const KIND: Kind = Kind::Number;

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

/// Not set is written as the empty text.
impl Value for Option<u32> {
    const ACCEPTS: &str = u32::ACCEPTS;
    const KIND: Kind = Kind::Number;

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { u32::parse(text).map(Some) }
    }

    fn text(&self) -> String {
        self.map_or_else(String::new, |number| number.to_string())
    }
}

impl Value for String {
    const ACCEPTS: &str = "a text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn text(&self) -> String {
        self.clone()
    }
}

impl Value for Vec<String> {
    const ACCEPTS: &str = "a list of texts";
    const KIND: Kind = Kind::List;

    fn parse(text: &str) -> Option<Self> {
        Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }

    fn text(&self) -> String {
        self.join(",")
    }
}

impl Value for PathBuf {
    const ACCEPTS: &str = "a path";

    fn parse(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn text(&self) -> String {
        self.display().to_string()
    }
}

impl Value for SocketAddr {
    const ACCEPTS: &str = "an IP address and a port, such as 127.0.0.1:8787 or [::1]:8787";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn text(&self) -> String {
        self.to_string()
    }
}
