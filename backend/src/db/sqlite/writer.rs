//! The one connection that writes, and the length of its log.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use rusqlite::Connection;

use super::Session;
use super::checkpointer::{Checkpointer, checkpoint};
use super::connection::open_writing;
use crate::db::{Error, Sqlite};

/// A checkpoint is due when the log has this many pages: 1 MiB. A longer log is moved with a little less work, but in longer bursts,
/// during which commits wait for the disk.
const LENGTH: i32 = 256;
/// When the log could not begin anew, a reader's snapshot was in the way: again after this many pages more.
const AGAIN: i32 = 128;

/// The writing connection, and the thread that helps it.
pub(crate) struct Writer {
    checkpointer: Checkpointer,
    connection: Connection,
    /// The log's length in pages after the last commit.
    log: Arc<AtomicI32>,
    /// The length before that.
    before: i32,
    /// The length at which something is to be done.
    due: i32,
    /// The other thread was asked for the checkpoint.
    is_helped: bool,
}

impl Writer {
    pub(crate) fn open(settings: &Sqlite) -> Result<Self, Error> {
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
        let checkpointer = Checkpointer::start(&settings.path)?;
        let mut writer = Self { checkpointer, connection, log, before: 0, due: LENGTH, is_helped: false };
        writer.connection.wal_hook(Some(hook))?;
        Ok(writer)
    }

    /// Takes the write lock, waiting for other processes.
    pub(crate) fn begin(&self) -> Result<(), Error> {
        self.session().control("BEGIN IMMEDIATE")
    }

    /// Returns once the transaction is on the disk.
    pub(crate) fn commit(&self) -> Result<(), Error> {
        self.session().control("COMMIT")
    }

    /// Ends the transaction, if there still is one.
    pub(crate) fn roll_back(&self) {
        if self.in_transaction()
            && let Err(error) = self.session().control("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    /// Whether the transaction still stands: some errors end it as a whole.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// For one closure.
    pub(crate) fn session(&self) -> Session<'_> {
        Session::new(&self.connection, None)
    }

    /// Between two groups: sees to it that the log begins anew before it is long. What is written again and again to
    /// the same few megabytes needs neither new blocks of the disk nor a change of the file's length.
    ///
    /// The other thread moves what is there into the database, while the writer goes on; the little that came
    /// meanwhile moves the writer itself, for only when all has moved the next commit begins the log anew.
    pub(crate) fn tend_log(&mut self) {
        let length = self.log.load(Ordering::Relaxed);
        if length < self.before {
            self.due = LENGTH;
        }
        self.before = length;
        if length < self.due || self.checkpointer.is_busy() {
            return;
        }
        if !self.is_helped {
            self.checkpointer.wake();
            self.is_helped = true;
            return;
        }
        self.is_helped = false;
        self.due = length + AGAIN;
        checkpoint(&self.connection);
    }
}
