//! A connection that is made again when it was lost.

use std::time::{Duration, Instant};

use super::connection::Connection;
use crate::clock::stopwatch;
use crate::db::{Error, Postgres};

/// How long is waited after a failed attempt to connect; each further one waits twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

/// It does not try more often than does good.
pub(super) struct Reconnecting {
    settings: Postgres,
    statement_timeout: Duration,
    connection: Option<Box<Connection>>,
    delay: Duration,
    /// Why the last attempt failed, and when the next one may be made.
    failure: Option<(Error, Instant)>,
}

impl Reconnecting {
    pub(super) fn new(settings: Postgres, statement_timeout: Duration) -> Self {
        Self { settings, statement_timeout, connection: None, delay: FIRST, failure: None }
    }

    /// The connection, made anew when it was lost.
    pub(super) fn get(&mut self) -> Result<&Connection, Error> {
        let usable = self.connection.take().filter(|connection| !connection.is_lost());
        let connection = match usable {
            Some(connection) => connection,
            None => self.connect()?,
        };
        Ok(self.connection.insert(connection))
    }

    /// The connection, if it is there and not known to be lost.
    pub(super) fn current(&self) -> Option<&Connection> {
        self.connection.as_deref().filter(|connection| !connection.is_known_lost())
    }

    pub(super) fn drop_connection(&mut self) {
        self.connection = None;
    }

    fn connect(&mut self) -> Result<Box<Connection>, Error> {
        if let Some((failure, not_before)) = &self.failure
            && stopwatch() < *not_before
        {
            return Err(failure.clone());
        }
        let connected = Connection::open(&self.settings, self.statement_timeout);
        match &connected {
            Ok(_) => (self.delay, self.failure) = (FIRST, None),
            Err(error) => {
                tracing::warn!(%error, "PostgreSQL can not be reached");
                self.failure = Some((error.clone(), stopwatch() + self.delay));
                self.delay = (self.delay * 2).min(LONGEST);
            }
        }
        connected
    }
}
