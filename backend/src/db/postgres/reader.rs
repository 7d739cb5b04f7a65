//! One connection that reads: each read in one transaction, which is one snapshot, and can not write.

use std::time::Duration;

use super::Session;
use super::reconnecting::Reconnecting;
use crate::clock::stopwatch;
use crate::db::{Error, Postgres, Tx, engine};

/// A connection, made when first needed.
pub(in crate::db) struct Reader {
    connection: Reconnecting,
    deadline: Duration,
}

impl Reader {
    pub(in crate::db) fn new(settings: &Postgres, deadline: Duration) -> Self {
        Self { connection: Reconnecting::new(settings.clone(), deadline), deadline }
    }

    /// Runs `closure` on a snapshot, once more when the connection was lost meanwhile. Blocks.
    pub(in crate::db) fn run<T, E: From<Error>>(
        &mut self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.connection.get()?;
        let result = self.run_once(&closure);
        if result.is_err() && self.connection.current().is_none() { self.run_once(&closure) } else { result }
    }

    fn run_once<T, E: From<Error>>(&mut self, closure: impl Fn(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let connection = self.connection.get()?;
        connection.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY");
        let session = Session::new(connection, Some(stopwatch() + self.deadline));
        let result = Tx::new(engine::Session::Postgres(session)).run(closure);
        // A connection that can not end its snapshot is closed.
        if connection.is_known_lost() || connection.roll_back().is_err() {
            self.connection.drop_connection();
        }
        result
    }
}
