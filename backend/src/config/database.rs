//! `[database]`: how the embedded engine keeps what it stores.

use super::error::Rule;
use super::section::{choice, section};

section! {
    /// How the embedded engine keeps what it stores.
    "database" => Database {
        /// What to do at start when the schema is older than the program: apply the migrations, or refuse to start.
        migrate: Migrate = Migrate::Auto;
        /// When a write counts as done: `normal` may lose answered writes when power fails, and exists for tests.
        synchronous: Synchronous = Synchronous::Full;
        /// The most pages the database file may have; not set, the disk is the limit. For tests of a full disk.
        max_pages: Option<u32> = None;
    }
}

choice! {
    /// What to do at start when the schema is older than the program.
    Migrate, "auto or refuse" {
        /// Copy the file beside itself, then apply the migrations.
        Auto = "auto",
        /// Refuse to start.
        Refuse = "refuse",
    }
}

choice! {
    /// When a write counts as done.
    Synchronous, "full or normal" {
        /// When it is on the disk.
        Full = "full",
        /// When the operating system has it: a power failure may lose answered writes. For tests.
        Normal = "normal",
    }
}

impl Database {
    pub(super) fn check(&self) -> Result<(), Rule> {
        // SQLite takes 0 for "leave the limit as it is".
        self.max_pages.map_or(Ok(()), |pages| Rule::within("database.max_pages", pages, 1..=u32::MAX))
    }
}
