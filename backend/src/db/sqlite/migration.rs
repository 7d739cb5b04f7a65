//! What migrations need of SQLite.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::Session;
use super::connection::{open_reading, open_writing};
use crate::db::{Error, Synchronous, Tx, engine};

/// How long to wait for another process that migrates or copies the same file.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that may change the schema.
pub(crate) struct Migrator(Connection);

impl Migrator {
    /// Opens or makes the file. Foreign keys are off: with them on, dropping a parent table in order to build it
    /// anew deletes its children. They can not be switched inside of a transaction, so see [`Session::check_references`].
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let connection = open_writing(path, Synchronous::Full)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "foreign_keys", false)?;
        Ok(Self(connection))
    }

    /// Opens an existing file, to look only.
    pub(crate) fn open_reading(path: &Path) -> Result<Self, Error> {
        open_reading(path).map(Self)
    }

    /// One transaction, alone with the file.
    pub(crate) fn write<T, E: From<Error>>(&self, closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.0.execute_batch("BEGIN IMMEDIATE").map_err(Error::from)?;
        let result = self.run(closure);
        let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
        // A transaction that failed may already be gone. One that was not committed goes with the connection.
        if !self.0.is_autocommit() {
            self.0.execute_batch(end).map_err(Error::from)?;
        }
        result
    }

    /// One look.
    pub(crate) fn run<T, E: From<Error>>(&self, closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        Tx::new(engine::Session::Sqlite(Session::new(&self.0, None))).run(closure)
    }
}
