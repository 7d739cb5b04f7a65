//! What migrations need of PostgreSQL.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use super::Session;
use super::connection::Connection;
use crate::db::{Error, Postgres, Tx, engine};

/// How long a migration, and the wait for another node's, may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// Nodes that migrate take turns by this number, which is nobody else's.
const LOCK: &str = "SELECT pg_advisory_xact_lock(4746494543464944)";
/// How often a step is tried that another node was in the way of, and how long is waited in between.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// A connection that may change the schema.
pub(in crate::db) struct Migrator {
    connection: Box<Connection>,
    /// Some databases that speak the protocol do not know advisory locks. Then the migration's row alone decides.
    has_locks: Cell<bool>,
}

impl Migrator {
    pub(in crate::db) fn open(settings: &Postgres) -> Result<Self, Error> {
        Ok(Self { connection: Connection::open(settings, PATIENCE)?, has_locks: Cell::new(true) })
    }

    /// One transaction. Nodes take turns; where two meet nevertheless, one is undone and looks again.
    pub(in crate::db) fn write<T, E: From<Error>>(
        &self,
        mut closure: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut attempts = 0;
        loop {
            self.begin()?;
            let mut tx = self.tx();
            let result = tx.run(&mut closure);
            let failure = tx.into_failure();
            let ended = self.connection.batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" });
            attempts += 1;
            let met = failure.as_ref().or(ended.as_ref().err()).is_some_and(is_race);
            if !met || attempts == ATTEMPTS {
                ended?;
                return result;
            }
            thread::park_timeout(PAUSE);
        }
    }

    /// One look.
    pub(in crate::db) fn run<T, E: From<Error>>(
        &self,
        closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.tx().run(closure)
    }

    /// What was committed while this one waited is seen: each statement has a snapshot of its own.
    fn begin(&self) -> Result<(), Error> {
        self.connection.begin("ISOLATION LEVEL READ COMMITTED READ WRITE");
        if self.has_locks.get()
            && let Err(error) = self.connection.batch(LOCK)
        {
            self.has_locks.set(false);
            self.connection.batch("ROLLBACK")?;
            return if matches!(error, Error::Query(_)) { self.begin() } else { Err(error) };
        }
        Ok(())
    }

    fn tx(&self) -> Tx<'_> {
        Tx::new(engine::Session::Postgres(Session::new(&self.connection, None)))
    }
}

/// Whether another node did the same at once: it has recorded the migration, or made the table for that.
fn is_race(error: &Error) -> bool {
    match error {
        Error::Conflict => true,
        Error::Constraint(what) => what.starts_with("schema_migrations:") || what.starts_with("pg_"),
        Error::Busy
        | Error::Full
        | Error::Unavailable(_)
        | Error::Deadline
        | Error::Poisoned
        | Error::Panicked
        | Error::Query(_)
        | Error::Row(_) => false,
    }
}
