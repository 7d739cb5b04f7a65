//! Files for their owner alone: keys and sessions. The SDK reads and writes them; here is where they lie.

use std::path::PathBuf;

pub use agentid_client::private_file::{create, read, remove, replace, write};
use anyhow::Context as _;

/// `$XDG_DATA_HOME/agentid`, else `~/.local/share/agentid`. The XDG specification says to ignore relative folders.
pub fn data_folder() -> anyhow::Result<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")));
    Ok(data.context("there is no home folder: set HOME or XDG_DATA_HOME")?.join("agentid"))
}
