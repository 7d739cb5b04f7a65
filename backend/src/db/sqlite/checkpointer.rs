//! A thread that moves what is in the write-ahead log into the database while the writer goes on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

use super::connection::open_writing;
use crate::db::{Error, Synchronous};

/// The thread; dropping it waits for its end.
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<thread::JoinHandle<()>>,
    is_busy: Arc<AtomicBool>,
}

impl Checkpointer {
    pub(super) fn start(path: &Path) -> Result<Self, Error> {
        // Full also here: the log is reused after a checkpoint, so the database has to be on the disk by then.
        let connection = open_writing(path, Synchronous::Full)?;
        let (wake, woken) = sync_channel(1);
        let is_busy = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_busy);
        let work_off = move |()| {
            checkpoint(&connection);
            done.store(false, Ordering::Release);
        };
        let thread = thread::Builder::new()
            .name("agentid-checkpoint".to_owned())
            .spawn(move || woken.iter().for_each(work_off))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { wake: Some(wake), thread: Some(thread), is_busy })
    }

    /// Asks for a checkpoint.
    pub(super) fn wake(&self) {
        if let Some(wake) = &self.wake {
            self.is_busy.store(true, Ordering::Release);
            let _ = wake.try_send(());
        }
    }

    /// Whether the checkpoint that was asked for still runs.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Acquire)
    }
}

/// Moves what is in the log into the database, as far as no reader's snapshot is in the way. Waits for nobody.
pub(super) fn checkpoint(connection: &Connection) {
    if let Err(error) = connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE) {
        tracing::warn!(%error, "a checkpoint failed; the write-ahead log grows until one succeeds");
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.wake.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the checkpoints of the database panicked");
        }
    }
}
