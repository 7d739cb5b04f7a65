//! One connection that reads: each read in one deferred transaction, which is one snapshot, and can not write.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;

use super::Session;
use super::connection::open_reading;
use crate::clock::stopwatch;
use crate::db::{Error, Sqlite, Tx, engine};

/// How many of SQLite's instructions (well under a millisecond) pass between two looks at the clock.
const STEPS: i32 = 4096;

/// A connection, opened when first needed.
pub(crate) struct Reader {
    path: PathBuf,
    deadline: Duration,
    connection: Option<Connection>,
}

impl Reader {
    pub(crate) fn new(settings: &Sqlite, deadline: Duration) -> Self {
        Self { path: settings.path.clone(), deadline, connection: None }
    }

    /// Runs `closure` on a snapshot. Blocks.
    pub(crate) fn run<T, E: From<Error>>(&mut self, closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut connection = self.connection.take().map_or_else(|| open_reading(&self.path), Ok)?;
        let deadline = stopwatch() + self.deadline;
        let expired = move || stopwatch() >= deadline;
        connection.progress_handler(STEPS, Some(expired)).map_err(Error::from)?;
        // Ending the snapshot must not come too late.
        let control = |sql| Session::new(&connection, None).control(sql);
        control("BEGIN")?;
        let session = engine::Session::Sqlite(Session::new(&connection, Some(deadline)));
        let result = Tx::new(session).run(closure);
        // A connection that can not end its snapshot is closed instead, and the next read opens another.
        if control("ROLLBACK").is_ok() {
            self.connection = Some(connection);
        }
        result
    }
}
