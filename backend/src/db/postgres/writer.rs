//! The one connection of this node that writes, at SERIALIZABLE: as if nothing else ran. Two nodes that are in each
//! other's way get [`Error::Conflict`], and the batcher runs their closures again.

use super::Session;
use super::connection::Connection;
use super::reconnecting::Reconnecting;
use crate::db::{Error, Postgres};

pub(in crate::db) struct Writer {
    server: Reconnecting,
    /// A transaction has begun, and its commit was not sent yet.
    is_undecided: bool,
}

impl Writer {
    pub(in crate::db) fn open(settings: &Postgres) -> Result<Self, Error> {
        let mut server = Reconnecting::new(settings.clone(), settings.statement_timeout);
        server.get()?;
        Ok(Self { server, is_undecided: false })
    }

    pub(in crate::db) fn begin(&mut self) -> Result<(), Error> {
        self.is_undecided = false;
        self.server.get()?.begin("ISOLATION LEVEL SERIALIZABLE READ WRITE");
        self.is_undecided = true;
        Ok(())
    }

    /// When the connection is lost meanwhile, nobody knows what came of it: the callers are told to ask again, and
    /// nothing is run a second time.
    pub(in crate::db) fn commit(&mut self) -> Result<(), Error> {
        self.is_undecided = false;
        // PostgreSQL "commits" a failed transaction by undoing it. It does not come to that, and here it would be an error.
        self.connection()?.batch("SELECT 1; COMMIT")
    }

    pub(in crate::db) fn roll_back(&mut self) {
        if self.server.current().is_some_and(|connection| connection.roll_back().is_err()) {
            self.server.drop_connection();
        }
    }

    /// Whether the connection was lost when nothing could have been kept yet, so that everything may run again.
    pub(in crate::db) fn was_lost_in_time(&self) -> bool {
        self.is_undecided && self.server.current().is_none()
    }

    pub(in crate::db) fn in_transaction(&self) -> bool {
        self.connection().is_ok()
    }

    pub(in crate::db) fn session(&self) -> Result<Session<'_>, Error> {
        Ok(Session::new(self.connection()?, None))
    }

    fn connection(&self) -> Result<&Connection, Error> {
        let lost = || Error::Unavailable("the connection to PostgreSQL was lost".to_owned());
        self.server.current().ok_or_else(lost)
    }
}
