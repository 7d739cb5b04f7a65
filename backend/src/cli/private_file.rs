//! Files for their owner alone: keys and sessions. The SDK reads and writes them; here is where they lie.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

pub use agentid_client::private_file::{create, read, remove, replace, write};
use anyhow::Context as _;

/// `$XDG_DATA_HOME/agentid`, else `~/.local/share/agentid`. The XDG specification says to ignore relative folders.
pub fn data_folder() -> anyhow::Result<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")));
    Ok(data.context("there is no home folder: set HOME or XDG_DATA_HOME")?.join("agentid"))
}

/// Waits until no other process holds the lock of this file; it is held until it is dropped. A second lock of one process
/// on one file would wait for itself.
pub fn lock(path: &Path) -> anyhow::Result<File> {
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let lock = lock.with_context(|| path.display().to_string())?;
    lock.lock().with_context(|| path.display().to_string())?;
    Ok(lock)
}
