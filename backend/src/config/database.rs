//! `[database]`: where everything is stored, and how.

use super::database_url::DatabaseUrl;
use super::error::Rule;
use super::section::{choice, section};

section! {
    /// Where everything is stored, and how.
    "database" => Database {
        /// The PostgreSQL server, `postgres://user:password@host/database`; not set, an embedded database in the data folder.
        url: DatabaseUrl = DatabaseUrl::default();
        /// What to do at start when the schema is older than the program: apply the migrations, or refuse to start.
        migrate: Migrate = Migrate::Auto;
        /// How many reads run at once, each on a connection of its own; one more connection writes.
        readers: u32 = 8;
        /// PostgreSQL: how many seconds an attempt to connect may take.
        connect_timeout_seconds: u32 = 5;
        /// PostgreSQL: how many seconds a statement may take.
        statement_timeout_seconds: u32 = 10;
        /// PostgreSQL: how many statements each connection keeps prepared.
        prepared_statements: u32 = 512;
        /// Embedded: when a write counts as done. `normal` may lose answered writes when power fails, and exists for tests.
        synchronous: Synchronous = Synchronous::Full;
        /// Embedded: the most pages the database file may have; not set, the disk is the limit. For tests of a full disk.
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
        Rule::within("database.readers", self.readers, 1..=256)?;
        Rule::within("database.connect_timeout_seconds", self.connect_timeout_seconds, 1..=60)?;
        Rule::within("database.statement_timeout_seconds", self.statement_timeout_seconds, 1..=60)?;
        Rule::within("database.prepared_statements", self.prepared_statements, 16..=4096)?;
        // SQLite takes 0 for "leave the limit as it is".
        self.max_pages.map_or(Ok(()), |pages| Rule::within("database.max_pages", pages, 1..=u32::MAX))
    }
}
