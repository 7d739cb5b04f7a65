//! Which engine keeps the database. Everything above speaks to these types, and each engine implements the same
//! few operations.

use std::path::PathBuf;
use std::time::Duration;

use super::postgres::{self, Url};
use super::{Error, Row, Settings, Tx, Value, sqlite};

/// An engine, and what it needs to know.
#[derive(Clone, Debug)]
pub enum Engine {
    /// A file, in this process.
    Sqlite(Sqlite),
    /// A server, shared by many nodes.
    Postgres(Postgres),
}

/// How the embedded engine keeps its file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    /// The file; made when it does not exist, in a folder that does.
    pub path: PathBuf,
    /// When a commit counts as done.
    pub synchronous: Synchronous,
    /// How many pages (4 KiB) the file may have; `None` leaves it to the disk.
    pub max_pages: Option<u32>,
}

/// When a commit counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// When it is on the disk.
    Full,
    /// When the operating system has it: a power cut may undo it. Only so that a test of `Full` can be seen to fail.
    Normal,
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub struct Postgres {
    /// Where it is, and as whom.
    pub url: Url,
    /// How long an attempt to connect may take.
    pub connect_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// How many statements each connection keeps prepared.
    pub statements: usize,
}

impl Engine {
    /// The embedded engine on this file, durable.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::Sqlite(Sqlite { path: path.into(), synchronous: Synchronous::Full, max_pages: None })
    }

    /// Where it is, for people; without a password.
    pub fn place(&self) -> String {
        match self {
            Self::Sqlite(sqlite) => sqlite.path.display().to_string(),
            Self::Postgres(postgres) => postgres.url.to_string(),
        }
    }
}

/// The one connection of this node that writes.
pub(super) enum Writer {
    Sqlite(sqlite::Writer),
    Postgres(postgres::Writer),
}

/// A connection that reads.
pub(super) enum Reader {
    Sqlite(sqlite::Reader),
    Postgres(postgres::Reader),
}

/// A connection for the time of one closure.
pub(super) enum Session<'a> {
    Sqlite(sqlite::Session<'a>),
    Postgres(postgres::Session<'a>),
}

/// A connection that may change the schema.
pub(super) enum Migrator {
    Sqlite(sqlite::Migrator),
    Postgres(postgres::Migrator),
}

impl Migrator {
    /// Opens or makes the database.
    pub(super) fn open(engine: &Engine) -> Result<Self, Error> {
        Ok(match engine {
            Engine::Sqlite(sqlite) => Self::Sqlite(sqlite::Migrator::open(&sqlite.path)?),
            Engine::Postgres(postgres) => Self::Postgres(postgres::Migrator::open(postgres)?),
        })
    }

    /// To look only; `None` when there is no database yet.
    pub(super) fn open_reading(engine: &Engine) -> Result<Option<Self>, Error> {
        Ok(match engine {
            Engine::Sqlite(sqlite) if !sqlite.path.exists() => None,
            Engine::Sqlite(sqlite) => Some(Self::Sqlite(sqlite::Migrator::open_reading(&sqlite.path)?)),
            Engine::Postgres(postgres) => Some(Self::Postgres(postgres::Migrator::open(postgres)?)),
        })
    }

    /// One transaction, alone with the database.
    pub(super) fn write<T, E: From<Error>>(&self, closure: impl FnMut(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        match self {
            Self::Sqlite(migrator) => migrator.write(closure),
            Self::Postgres(migrator) => migrator.write(closure),
        }
    }

    /// One look.
    pub(super) fn run<T, E: From<Error>>(&self, closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        match self {
            Self::Sqlite(migrator) => migrator.run(closure),
            Self::Postgres(migrator) => migrator.run(closure),
        }
    }
}

impl Writer {
    pub(super) fn open(settings: &Settings) -> Result<Self, Error> {
        Ok(match &settings.engine {
            Engine::Sqlite(sqlite) => Self::Sqlite(sqlite::Writer::open(sqlite)?),
            Engine::Postgres(postgres) => Self::Postgres(postgres::Writer::open(postgres)?),
        })
    }

    /// Begins a transaction.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(writer) => writer.begin(),
            Self::Postgres(writer) => writer.begin(),
        }
    }

    /// Returns once the transaction is on the disk.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(writer) => writer.commit(),
            Self::Postgres(writer) => writer.commit(),
        }
    }

    /// Ends the transaction, if there still is one.
    pub(super) fn roll_back(&mut self) {
        match self {
            Self::Sqlite(writer) => writer.roll_back(),
            Self::Postgres(writer) => writer.roll_back(),
        }
    }

    /// Whether the transaction still stands: some errors end it as a whole.
    pub(super) fn in_transaction(&self) -> bool {
        match self {
            Self::Sqlite(writer) => writer.in_transaction(),
            Self::Postgres(writer) => writer.in_transaction(),
        }
    }

    /// Whether the transaction was lost in such a way that it may run again: for certain nothing was kept.
    pub(super) fn was_lost_in_time(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(writer) => writer.was_lost_in_time(),
        }
    }

    /// For one closure.
    pub(super) fn session(&self) -> Result<Session<'_>, Error> {
        Ok(match self {
            Self::Sqlite(writer) => Session::Sqlite(writer.session()),
            Self::Postgres(writer) => Session::Postgres(writer.session()?),
        })
    }

    /// Between two groups.
    pub(super) fn tend(&mut self) {
        match self {
            Self::Sqlite(writer) => writer.tend_log(),
            Self::Postgres(_) => {}
        }
    }
}

impl Reader {
    pub(super) fn new(settings: &Settings) -> Self {
        match &settings.engine {
            Engine::Sqlite(sqlite) => Self::Sqlite(sqlite::Reader::new(sqlite, settings.read_deadline)),
            Engine::Postgres(postgres) => Self::Postgres(postgres::Reader::new(postgres, settings.read_deadline)),
        }
    }

    /// Runs `closure` on a snapshot. Blocks.
    pub(super) fn run<T, E: From<Error>>(&mut self, closure: impl Fn(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        match self {
            Self::Sqlite(reader) => reader.run(closure),
            Self::Postgres(reader) => reader.run(closure),
        }
    }
}

impl Session<'_> {
    /// Runs a statement; returns how many rows it touched.
    pub(super) fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, Error> {
        match self {
            Self::Sqlite(session) => session.execute(sql, parameters),
            Self::Postgres(session) => session.execute(sql, parameters),
        }
    }

    /// Reads `limit` rows at most.
    pub(super) fn query(&self, sql: &str, parameters: &[Value<'_>], limit: usize) -> Result<Vec<Row>, Error> {
        match self {
            Self::Sqlite(session) => session.query(sql, parameters, limit),
            Self::Postgres(session) => session.query(sql, parameters, limit),
        }
    }

    /// Runs several statements without parameters.
    pub(super) fn execute_batch(&self, sql: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(session) => session.execute_batch(sql),
            Self::Postgres(session) => session.execute_batch(sql),
        }
    }

    /// Sets a savepoint, goes back to it or lets it go.
    pub(super) fn control(&self, sql: &'static str) -> Result<(), Error> {
        match self {
            Self::Sqlite(session) => session.control(sql),
            Self::Postgres(session) => {
                session.control(sql);
                Ok(())
            }
        }
    }

    /// Whether there is a table of that name.
    pub(super) fn has_table(&self, name: &str) -> Result<bool, Error> {
        match self {
            Self::Sqlite(session) => session.has_table(name),
            Self::Postgres(session) => session.has_table(name),
        }
    }

    /// [`Error::Constraint`] when a row refers to one that is not there.
    pub(super) fn check_references(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(session) => session.check_references(),
            // There it is checked with each statement, also in a migration.
            Self::Postgres(_) => Ok(()),
        }
    }
}
