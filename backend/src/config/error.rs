//! Why the settings were refused. No message repeats a value: a misplaced one may be a secret.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::{Origin, Row};

/// Why the settings were refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file given by name is missing, or the file can not be read.
    #[error("can not read {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// No setting has this name.
    #[error("unknown setting {name}, set by {origin}; did you mean {nearest}?")]
    Unknown {
        /// The name as written there.
        name: String,
        /// Where it stands.
        origin: Origin,
        /// The known name most like it.
        nearest: String,
    },
    /// A value of the wrong type, or outside what the setting accepts.
    #[error("{key}, set by {origin}: expected {accepts}")]
    Refused {
        /// The setting.
        key: &'static str,
        /// Where its value stands.
        origin: Origin,
        /// What is accepted.
        accepts: String,
    },
}

/// A broken rule of a section; where the value came from is added by [`Rule::broken_in`].
pub(super) struct Rule {
    key: &'static str,
    accepts: String,
}

impl Rule {
    pub(super) fn new(key: &'static str, accepts: impl Into<String>) -> Self {
        Self { key, accepts: accepts.into() }
    }

    pub(super) fn within(key: &'static str, value: u32, range: RangeInclusive<u32>) -> Result<(), Self> {
        if range.contains(&value) {
            return Ok(());
        }
        Err(Self::new(key, format!("a whole number from {} to {}", range.start(), range.end())))
    }

    pub(super) fn broken_in(self, rows: &[Row]) -> ConfigError {
        let origin = rows.iter().find(|row| row.key == self.key).map_or(Origin::Default, |row| row.origin.clone());
        ConfigError::Refused { key: self.key, origin, accepts: self.accepts }
    }
}

/// The known name most like `name`.
pub(super) fn nearest(name: &str, known: impl Iterator<Item = String>) -> String {
    known.min_by_key(|known| distance(name, known)).unwrap_or_default()
}

/// How many characters to insert, delete or replace to get from one text to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (deleted, left) in from.chars().enumerate() {
        let mut diagonal = deleted;
        let mut before = deleted + 1;
        row[0] = before;
        for (cell, right) in row.iter_mut().skip(1).zip(to.chars()) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(0)
}
