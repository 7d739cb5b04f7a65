//! A folder of migrations: which files there are, in which order they are applied, and which part of each goes up.

mod journal;
mod order;
mod sections;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The most bytes that a migration may have.
const LIMIT: u64 = 64 << 20;

/// A migration, read.
#[derive(Clone, Debug)]
pub struct MigrationFile {
    /// The path inside of the folder, with `/`.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// What goes up, line for line: what does not is blank.
    pub up: String,
}

/// Why a folder can not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is not there, or it may not be read.
    #[error("{}: {error}", .path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Nothing in it looks like a migration.
    #[error("{}: there is no migration here (a file such as 0001_initial.sql)", .0.display())]
    Empty(PathBuf),
    /// The order is not known.
    #[error("{first} and {second} have the same number, so it is not known which is applied first")]
    SameNumber {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// Drizzle's list of migrations.
    #[error("{}: {message}", .path.display())]
    Journal {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Not text.
    #[error("{name}:{line}: the file is not UTF-8")]
    NotText {
        /// The file.
        name: String,
        /// The first line that is not.
        line: usize,
    },
    /// More than anybody writes, so it was meant to be something else.
    #[error("{name}: the file has {bytes} bytes, and a migration may have {LIMIT}")]
    TooLarge {
        /// The file.
        name: String,
        /// Its size.
        bytes: u64,
    },
}

/// Reads the migrations in the order in which they are applied.
///
/// # Errors
/// Any [`FolderError`].
pub fn read(folder: &Path) -> Result<Vec<MigrationFile>, FolderError> {
    let names = list(folder)?;
    let ordered = match journal::order(folder, &names)? {
        Some(ordered) => ordered,
        None => order::of(&names)?,
    };
    if ordered.is_empty() {
        return Err(FolderError::Empty(folder.to_owned()));
    }
    ordered.into_iter().map(|name| open(folder, name)).collect()
}

fn open(folder: &Path, name: String) -> Result<MigrationFile, FolderError> {
    let path = folder.join(&name);
    let unreadable = |error| FolderError::Unreadable { path: path.clone(), error };
    let metadata = fs::metadata(&path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::Error::other("it is not a file")));
    }
    if metadata.len() > LIMIT {
        return Err(FolderError::TooLarge { name, bytes: metadata.len() });
    }
    let bytes = fs::read(&path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        FolderError::NotText { name: name.clone(), line: valid.iter().filter(|&&byte| byte == b'\n').count() + 1 }
    })?;
    let up = sections::up(&text);
    Ok(MigrationFile { name, text, up })
}

/// Every `.sql` file in the folder and in the folders directly inside of it, as diesel and drizzle have them.
fn list(folder: &Path) -> Result<Vec<String>, FolderError> {
    let mut names = Vec::new();
    for (name, is_folder) in entries(folder)? {
        if is_folder {
            let inside = entries(&folder.join(&name))?;
            names.extend(
                inside.into_iter().filter(|(_, is_folder)| !is_folder).map(|(file, _)| format!("{name}/{file}")),
            );
        } else {
            names.push(name);
        }
    }
    names.retain(|name| name.to_ascii_lowercase().ends_with(".sql"));
    names.sort();
    Ok(names)
}

fn entries(folder: &Path) -> Result<Vec<(String, bool)>, FolderError> {
    let unreadable = |error| FolderError::Unreadable { path: folder.to_owned(), error };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A link to a folder is followed, as a shell would.
        let is_folder = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        entries.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    Ok(entries)
}
