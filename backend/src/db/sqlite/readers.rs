//! Reads: each in one deferred transaction, which is one snapshot, on a connection that can not write.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::Session;
use super::connection::open_reading;
use crate::clock::stopwatch;
use crate::db::{Error, Settings, Tx};

/// How many of SQLite's instructions (well under a millisecond) pass between two looks at the clock.
const STEPS: i32 = 4096;

/// A bounded pool of connections, each opened when first needed.
pub(crate) struct Readers {
    path: PathBuf,
    deadline: Duration,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
    places: Semaphore,
}

impl Readers {
    pub(crate) fn new(settings: &Settings) -> Self {
        let readers = settings.readers.max(1);
        Self {
            path: settings.path.clone(),
            deadline: settings.read_deadline,
            idle: Mutex::default(),
            turns: Arc::new(Semaphore::new(readers)),
            places: Semaphore::new(readers + settings.queue),
        }
    }

    /// A place among those who read or wait; [`Error::Busy`] when all are taken.
    pub(crate) fn enter(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.places.try_acquire().map_err(|_| Error::Busy)
    }

    /// Waits until a connection is free.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        let turns = Arc::clone(&self.turns);
        turns.acquire_owned().await.map_err(|closed| Error::Unavailable(closed.to_string()))
    }

    /// Runs `closure` on a snapshot. Blocks; the caller holds a turn.
    pub(crate) fn run<T, E: From<Error>>(&self, closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle().pop();
        let mut connection = idle.map_or_else(|| open_reading(&self.path), Ok)?;
        let deadline = stopwatch() + self.deadline;
        let expired = move || stopwatch() >= deadline;
        connection.progress_handler(STEPS, Some(expired)).map_err(Error::from)?;
        connection.execute_batch("BEGIN").map_err(Error::from)?;
        let result = Tx::new(Session::new(&connection, Some(deadline))).run(closure);
        // A connection that can not end its snapshot is closed instead, and the next read opens another.
        if connection.execute_batch("ROLLBACK").is_ok() {
            self.idle().push(connection);
        }
        result
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
