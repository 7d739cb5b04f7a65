//! `[history]`: how long the server remembers.

use super::error::Rule;
use super::section::section;

section! {
    /// How long the server remembers.
    "history" => History {
        /// The days after which a recorded event is deleted.
        retention_days: u32 = 400;
    }
}

impl History {
    pub(super) fn check(&self) -> Result<(), Rule> {
        Rule::within("history.retention_days", self.retention_days, 1..=3650)
    }
}
