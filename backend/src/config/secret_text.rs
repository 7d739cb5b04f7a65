//! A setting that is a secret: never shown.

use std::fmt;

use super::value::Value;

/// A secret; empty when it is not set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// This secret.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is not set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Value for SecretText {
    const ACCEPTS: &str = "a text";

    fn parse(text: &str) -> Option<Self> {
        Some(Self::new(text))
    }

    fn text(&self) -> String {
        if self.is_empty() { String::new() } else { "***".to_owned() }
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}
