//! How many bytes go into SQLite's write-ahead log. The log is written anew from its beginning, so its length says
//! nothing; its index (the `-shm` file, <https://sqlite.org/walformat.html>) says how many frames the present log
//! has, and its salt says when another one has begun.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;

/// A page of 4 KiB and the head of its frame.
const FRAME: u64 = 4096 + 24;
/// A log is never shorter-lived than a few of these, so little is missed.
const EVERY: Duration = Duration::from_millis(20);

/// Counts until it is stopped.
pub struct Meter {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

/// What the index says of the present log.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Log {
    frames: u64,
    salt: u64,
}

impl Meter {
    /// Of the database at `path`, which is in use.
    pub fn start(path: &Path) -> anyhow::Result<Self> {
        let mut index = path.as_os_str().to_owned();
        index.push("-shm");
        let index = PathBuf::from(index);
        let first = read(&index).with_context(|| format!("{} can not be read", index.display()))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || count(&index, first, &stopped) * FRAME);
        Ok(Self { stop, thread })
    }

    /// How many bytes it was.
    pub fn stop(self) -> anyhow::Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the log could not be followed"))
    }
}

fn count(index: &Path, first: Log, stopped: &AtomicBool) -> u64 {
    let (mut before, mut frames) = (first, 0);
    loop {
        let is_last = stopped.load(Ordering::Relaxed);
        if let Some(log) = read(index) {
            let is_same = log.salt == before.salt;
            frames += if is_same { log.frames.saturating_sub(before.frames) } else { log.frames };
            before = log;
        }
        if is_last {
            return frames;
        }
        thread::sleep(EVERY);
    }
}

/// The first of the index's two equal heads, whole: a writer that is just between the two makes them differ.
fn read(index: &Path) -> Option<Log> {
    let bytes = std::fs::read(index).ok()?;
    let heads = (bytes.get(..48)?, bytes.get(48..96)?);
    let frames = u32::from_ne_bytes(heads.0.get(16..20)?.try_into().ok()?);
    let salt = u64::from_ne_bytes(heads.0.get(32..40)?.try_into().ok()?);
    (heads.0 == heads.1).then_some(Log { frames: frames.into(), salt })
}
