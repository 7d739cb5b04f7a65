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
    not_before: Option<Instant>,
}

impl Reconnecting {
    pub(super) fn new(settings: Postgres, statement_timeout: Duration) -> Self {
        Self { settings, statement_timeout, connection: None, delay: FIRST, not_before: None }
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
        if self.not_before.is_some_and(|time| stopwatch() < time) {
            return Err(Error::Unavailable("PostgreSQL could not be reached just now".to_owned()));
        }
        let connected = Connection::open(&self.settings, self.statement_timeout);
        match &connected {
            Ok(_) => (self.delay, self.not_before) = (FIRST, None),
            Err(_) => {
                self.not_before = Some(stopwatch() + self.delay);
                self.delay = (self.delay * 2).min(LONGEST);
            }
        }
        connected
    }
}
