//! Files for their owner alone: keys and sessions. What is written is on disk, whole, before the
//! function returns, so that no crash leaves half a key.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// `$XDG_DATA_HOME/agentid`, else `~/.local/share/agentid`. The XDG specification says to ignore relative folders.
pub fn data_folder() -> anyhow::Result<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")));
    Ok(data.context("there is no home folder: set HOME or XDG_DATA_HOME")?.join("agentid"))
}

/// The text of a file, or `None` when there is none. One that others can read is refused: what is in it
/// may be known to them.
pub fn read(path: &Path) -> anyhow::Result<Option<Zeroizing<String>>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(|| path.display().to_string())?,
    };
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        bail!("{0} can be read by others: run `chmod 600 {0}`", path.display());
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).with_context(|| path.display().to_string())?;
    Ok(Some(text))
}

/// Writes a file, in the place of the one that is there, if any.
pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    draft(path, text)?.persist(path).with_context(|| path.display().to_string())?;
    sync_folder(path)
}

/// Writes a file that is not there yet. False when it is; nothing is changed then.
pub fn create(path: &Path, text: &str) -> anyhow::Result<bool> {
    match draft(path, text)?.persist_noclobber(path) {
        Ok(_) => sync_folder(path).map(|()| true),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error).with_context(|| path.display().to_string()),
    }
}

/// Puts one file in the place of another, at once.
pub fn replace(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::rename(from, to).with_context(|| to.display().to_string())?;
    sync_folder(to)
}

/// Removes a file; that there is none is no failure.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| path.display().to_string()),
    }
}

/// A file of mode 0600 (as `tempfile` makes them) in the same folder, on disk.
fn draft(path: &Path, text: &str) -> anyhow::Result<NamedTempFile> {
    let folder = path.parent().context("a file lies in a folder")?;
    let mut file = NamedTempFile::new_in(folder).with_context(|| folder.display().to_string())?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).context(path.display().to_string())?;
    Ok(file)
}

/// A rename is on disk only when its folder is.
fn sync_folder(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(|| folder.display().to_string())
}
