//! Files for their owner alone: keys and sessions. What is written is on disk, whole, before the
//! function returns, so that no crash leaves half a key.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Why a file can not be used, as a sentence for whoever runs the program.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// What is in it may be known to others.
    #[error("{0} can be read by others: run `chmod 600 {0}`")]
    ReadableByOthers(PathBuf),
    /// The system says no.
    #[error("{path}: {error}")]
    System {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// The text of a file, or `None` when there is none.
///
/// # Errors
/// Any [`FileError`]; a file over 1 MiB is cut there.
pub fn read(path: &Path) -> Result<Option<Zeroizing<String>>, FileError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(system(path))?,
    };
    if file.metadata().map_err(system(path))?.permissions().mode() & 0o077 != 0 {
        return Err(FileError::ReadableByOthers(path.to_owned()));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(LONGEST).read_to_string(&mut text).map_err(system(path))?;
    Ok(Some(text))
}

/// Writes a file, in the place of the one that is there, if any.
///
/// # Errors
/// [`FileError::System`].
pub fn write(path: &Path, text: &str) -> Result<(), FileError> {
    draft(path, text)?.persist(path).map_err(|failed| system(path)(failed.error))?;
    sync_folder(path)
}

/// Writes a file that is not there yet. False when it is; nothing is changed then.
///
/// # Errors
/// [`FileError::System`].
pub fn create(path: &Path, text: &str) -> Result<bool, FileError> {
    match draft(path, text)?.persist_noclobber(path) {
        Ok(_) => sync_folder(path).map(|()| true),
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(system(path)(failed.error)),
    }
}

/// Puts one file in the place of another, at once.
///
/// # Errors
/// [`FileError::System`].
pub fn replace(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(system(to))?;
    sync_folder(to)
}

/// Removes a file; that there is none is no failure.
///
/// # Errors
/// [`FileError::System`].
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(system(path)),
    }
}

/// A file of mode 0600 (as `tempfile` makes them) in the same folder, on disk.
fn draft(path: &Path, text: &str) -> Result<NamedTempFile, FileError> {
    let folder = folder_of(path);
    let mut file = NamedTempFile::new_in(folder).map_err(system(folder))?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(system(path))?;
    Ok(file)
}

/// A rename is on disk only when its folder is.
fn sync_folder(path: &Path) -> Result<(), FileError> {
    let folder = folder_of(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(system(folder))
}

/// A bare name lies in the folder that the program runs in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn system(path: &Path) -> impl Fn(io::Error) -> FileError {
    move |error| FileError::System { path: path.to_owned(), error }
}
