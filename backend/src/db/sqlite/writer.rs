//! The one connection that writes, and the length of its log.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

use super::Session;
use super::checkpointer::Checkpointer;
use super::connection::{BUSY_TIMEOUT, open_writing};
use crate::db::{Error, Settings};

/// A checkpoint is due each time the log has grown by this many pages: 4 MiB.
const STEP: i32 = 1024;
/// From this many steps on, 64 MiB, the writer pauses to empty the log: a checkpoint beside a busy writer never
/// catches up, and the log begins anew only once it has.
const PAUSE: i32 = 16;

/// The writing connection, and the thread that helps it.
pub(crate) struct Writer {
    checkpointer: Checkpointer,
    connection: Connection,
    /// The log's length in pages after the last commit.
    log: Arc<AtomicI32>,
    /// The length in steps for which a checkpoint was last asked.
    steps: i32,
}

impl Writer {
    pub(crate) fn open(settings: &Settings) -> Result<Self, Error> {
        let connection = open_writing(&settings.path, settings.synchronous)?;
        if let Some(pages) = settings.max_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        let log = Arc::new(AtomicI32::new(0));
        let length = Arc::clone(&log);
        let hook = move |_: &mut rusqlite::hooks::Wal, pages| {
            length.store(pages, Ordering::Relaxed);
            Ok(())
        };
        let mut writer = Self { checkpointer: Checkpointer::start(&settings.path)?, connection, log, steps: 0 };
        writer.connection.wal_hook(Some(hook))?;
        Ok(writer)
    }

    /// Takes the write lock, waiting for other processes.
    pub(crate) fn begin(&self) -> Result<(), Error> {
        self.control("BEGIN IMMEDIATE")
    }

    /// Returns once the transaction is on the disk.
    pub(crate) fn commit(&self) -> Result<(), Error> {
        self.control("COMMIT")
    }

    /// Ends the transaction, if there still is one.
    pub(crate) fn roll_back(&self) {
        if self.in_transaction()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    /// Whether the transaction still stands: some errors end it as a whole.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Runs a statement that steers the transaction.
    pub(crate) fn control(&self, sql: &'static str) -> Result<(), Error> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// For one closure.
    pub(crate) fn session(&self) -> Session<'_> {
        Session::new(&self.connection, None)
    }

    /// Between two groups: sees to it that the log does not grow without end.
    pub(crate) fn tend_log(&mut self) {
        let before = self.steps;
        self.steps = self.log.load(Ordering::Relaxed) / STEP;
        if self.steps <= before {
            return;
        }
        if self.steps < PAUSE {
            self.checkpointer.wake();
        } else if let Err(error) = self.empty_log() {
            // A reader's snapshot or the other thread's checkpoint is in the way: again after the next step.
            tracing::debug!(%error, "the write-ahead log could not be emptied");
        }
    }

    /// Does not wait for readers: writers would wait with it.
    fn empty_log(&self) -> Result<(), Error> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let emptied = self.connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::TRUNCATE);
        self.connection.busy_timeout(BUSY_TIMEOUT)?;
        emptied?;
        Ok(())
    }
}
