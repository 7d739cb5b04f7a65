//! A thread that moves what is in the write-ahead log into the database while the writer goes on.

use std::path::Path;
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
}

impl Checkpointer {
    pub(super) fn start(path: &Path) -> Result<Self, Error> {
        // Full also here: the log is reused after a checkpoint, so the database has to be on the disk by then.
        let connection = open_writing(path, Synchronous::Full)?;
        let (wake, woken) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("agentid-checkpoint".to_owned())
            .spawn(move || woken.iter().for_each(|()| checkpoint(&connection)))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Asks for a checkpoint; one that is already asked for is enough.
    pub(super) fn wake(&self) {
        if let Some(wake) = &self.wake {
            let _ = wake.try_send(());
        }
    }
}

fn checkpoint(connection: &Connection) {
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
