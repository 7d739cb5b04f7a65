//! The database: closures over a [`Tx`], read on snapshots, written in groups. `ARCHITECTURE.md` says why.
//!
//! A closure is one atomic unit without any outside effect; it may run more than once, so it is `Fn`.
//! Hashing, signing and parsing belong outside of it.

mod batcher;
mod engine;
mod error;
pub mod migrate;
mod postgres;
mod readers;
pub mod schema;
mod sqlite;
mod tx;
mod value;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use crate::params;
pub use engine::{Engine, Postgres, Sqlite, Synchronous};
pub use error::Error;
pub use postgres::{Url, UrlError};
pub use tx::Tx;
pub use value::{FromColumn, Row, TextList, Value};

/// How to open the database.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which database.
    pub engine: Engine,
    /// How many reads run at once.
    pub readers: usize,
    /// How many writes, and how many reads, may wait; one more is [`Error::Busy`].
    pub queue: usize,
    /// How many writes share a commit at most.
    pub group: usize,
    /// How long a read may run: an old snapshot keeps the write-ahead log from being emptied.
    pub read_deadline: Duration,
}

impl Settings {
    /// As shipped.
    pub fn new(engine: Engine) -> Self {
        Self { engine, readers: 8, queue: 1024, group: 64, read_deadline: Duration::from_secs(5) }
    }
}

/// What the writer has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Transactions committed.
    pub groups: u64,
    /// Closures run in them, refused ones included.
    pub closures: u64,
    /// Closures that ran again, for another node was in their way.
    pub retries: u64,
}

/// An open database. Cheap to clone; dropping the last clone finishes the writes that wait and closes the file,
/// which blocks the thread for that long.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

/// Fields are dropped in this order: only a connection that may write can empty the log when it is the last.
struct Inner {
    readers: readers::Readers,
    batcher: batcher::Batcher,
    engine: Engine,
}

impl Db {
    /// Opens or makes the database; [`migrate::migrate`] comes first. Blocks.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let writer = engine::Writer::open(settings)?;
        Ok(Self(Arc::new(Inner {
            readers: readers::Readers::start(settings)?,
            batcher: batcher::Batcher::start(writer, settings.queue, settings.group)?,
            engine: settings.engine.clone(),
        })))
    }

    /// Runs `closure` on one snapshot, which holds whatever was written before this call. It can not write.
    ///
    /// # Errors
    /// The closure's own; [`Error::Busy`] when too many reads wait, [`Error::Deadline`] when it runs too long,
    /// [`Error::Panicked`] when it panics.
    pub async fn read<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.0.readers.submit(closure).await
    }

    /// Runs `closure` and returns once what it wrote is on the disk. Its `Err` undoes what it wrote.
    /// When the caller goes before the closure has begun, it is not run.
    ///
    /// # Errors
    /// The closure's own; [`Error::Busy`] at once when too many writes wait; [`Error::Panicked`] when it panics;
    /// any temporary error when the group that it was in could not be committed, and then nothing was kept.
    pub async fn write<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.0.batcher.submit(closure).await
    }

    /// Whether the storage failed the last group of writes, or a closure in it.
    pub fn last_write_failed(&self) -> bool {
        self.0.batcher.last_write_failed()
    }

    /// Whether writes succeed, for a readiness check: costs nothing while they do. After a failure it tries a
    /// real write, so that a disk with space again is noticed without a restart. Needs the table `server_values`.
    pub async fn is_writable(&self) -> bool {
        if !self.last_write_failed() {
            return true;
        }
        let probe = |tx: &mut Tx<'_>| {
            let value = "x".repeat(16 * 1024);
            tx.execute("INSERT INTO server_values (name, value) VALUES ('write_probe', $1)", params![&value])?;
            tx.execute("DELETE FROM server_values WHERE name = 'write_probe'", &[])
        };
        self.write(probe).await.is_ok()
    }

    /// What the writer has done, for metrics.
    pub fn statistics(&self) -> Statistics {
        self.0.batcher.statistics()
    }

    /// Writes a consistent copy to `target`, readable by its owner alone, while the database stays in use.
    /// [`Error::Unavailable`] when `target` exists or can not be written.
    pub async fn backup_to(&self, target: &Path) -> Result<(), Error> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => {
                let (path, target) = (sqlite.path.clone(), target.to_owned());
                blocking(move || sqlite::copy(&path, &target)).await
            }
            Engine::Postgres(_) => Err(Error::Unavailable("a server is backed up by its own tools".to_owned())),
        }
    }
}

/// Puts a copy of the file `backup` in the place of the database at `path`, and keeps what was there under the name
/// `kept`. [`Error::Busy`] when a server uses it. Blocks.
pub fn restore(backup: &Path, path: &Path, kept: &Path) -> Result<(), Error> {
    sqlite::restore(backup, path, kept)
}

/// Runs `work` on a thread that may block.
async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let lost = |error: tokio::task::JoinError| Err(Error::Unavailable(error.to_string()).into());
    tokio::task::spawn_blocking(work).await.unwrap_or_else(lost)
}

/// Runs `work` on a thread that is no task's: whoever opens a database may be one, and a task can not drive the
/// connections that it needs for that.
fn apart<T: Send, E: From<Error> + Send>(work: impl FnOnce() -> Result<T, E> + Send) -> Result<T, E> {
    let lost = |_| Err(Error::Panicked.into());
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, work) {
        Ok(thread) => thread.join().unwrap_or_else(lost),
        Err(error) => Err(Error::Unavailable(error.to_string()).into()),
    })
}
