//! What is wrong, where, and what mends it.

use std::fmt;

use clap::ValueEnum;
use serde::Deserialize;

/// How bad it is. Ordered: a later one is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth a thought.
    Hint,
    /// Probably wrong.
    Warning,
    /// Wrong.
    Error,
}

impl Level {
    /// `hint`, `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The rule's name, such as `redundant-index`.
    pub rule: &'static str,
    /// What it is about, such as an index's name.
    pub object: String,
    /// `file:line`.
    pub place: String,
    /// A sentence, with what mends it.
    pub text: String,
}

impl Finding {
    /// What a note answers it by: `rule:object`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.rule, self.object)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} [{}] {}", self.place, self.level.as_str(), self.key(), self.text)
    }
}
