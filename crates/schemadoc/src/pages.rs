//! The pages on the disk: what differs from what should be there, and writing it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::render::{MARK, TABLES};

/// How the files begin that are not yet pages. One stays behind when the program is killed.
const UNFINISHED: &str = ".schemadoc-";

/// How the disk differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Pages that are not there.
    pub missing: Vec<PathBuf>,
    /// Pages that read differently, and how they read now.
    pub stale: Vec<(PathBuf, String)>,
    /// Files of ours that are no pages any more: their table is gone, or they were never finished.
    pub extra: Vec<PathBuf>,
    /// Files that somebody else has put there. They are left alone.
    pub foreign: Vec<PathBuf>,
    /// Those of them that stand where a page would be. Nothing is written then.
    pub in_the_way: Vec<PathBuf>,
}

impl Difference {
    /// Everything is as it should be.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.stale.is_empty() && self.extra.is_empty() && self.in_the_way.is_empty()
    }
}

/// Why pages can not be compared or written.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A file or a folder.
    #[error("{}: {error}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Somebody else's file.
    #[error("{}: schemadoc did not make this file, so it does not replace it: move it, or name another --out", .0.display())]
    InTheWay(PathBuf),
}

/// Compares the folder `out` with the pages.
///
/// # Errors
/// When a file can not be read.
pub fn compare(out: &Path, pages: &BTreeMap<PathBuf, String>) -> Result<Difference, PagesError> {
    let found = files(out)?;
    let missing = pages.keys().filter(|path| !found.contains(path)).cloned().collect();
    let mut difference = Difference { missing, ..Difference::default() };
    for path in found {
        let full = out.join(&path);
        let bytes = fs::read(&full).map_err(at(&full))?;
        let is_ours = bytes.starts_with(MARK.trim_end().as_bytes());
        match pages.get(&path) {
            Some(text) if bytes == text.as_bytes() => {}
            Some(_) if is_ours => difference.stale.push((path, String::from_utf8(bytes).unwrap_or_default())),
            Some(_) => difference.in_the_way.push(path),
            None if is_ours || is_unfinished(&path) => difference.extra.push(path),
            None => difference.foreign.push(path),
        }
    }
    Ok(difference)
}

fn is_unfinished(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED))
}

/// Makes the folder as it should be. All pages are written beside their places first, so a full disk changes nothing,
/// and then each takes its place in one step, so a killed program leaves no half of a page.
///
/// # Errors
/// When a file can not be written, or is in the way.
pub fn write(out: &Path, pages: &BTreeMap<PathBuf, String>, difference: &Difference) -> Result<(), PagesError> {
    if let Some(path) = difference.in_the_way.first() {
        return Err(PagesError::InTheWay(out.join(path)));
    }
    let changed = difference.missing.iter().chain(difference.stale.iter().map(|(path, _)| path));
    let mut ready: Vec<(PathBuf, NamedTempFile)> = Vec::new();
    for path in changed {
        let target = out.join(path);
        let file = unfinished(&target, pages.get(path).map_or("", String::as_str)).map_err(at(&target))?;
        ready.push((target, file));
    }
    for (target, file) in ready {
        file.persist(&target).map_err(|error| PagesError::File { path: target, error: error.error })?;
    }
    for path in &difference.extra {
        let path = out.join(path);
        fs::remove_file(&path).map_err(at(&path))?;
    }
    Ok(())
}

/// The page's text in a file beside its place, which goes away unless it is put there.
fn unfinished(target: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    readable(file.as_file())?;
    Ok(file)
}

fn at(path: &Path) -> impl Fn(io::Error) -> PagesError {
    let path = path.to_owned();
    move |error| PagesError::File { path: path.clone(), error }
}

/// A temporary file is its owner's alone; a page is for everybody.
fn readable(file: &fs::File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Every file in the folder and in that of the tables; none when there is no folder.
fn files(out: &Path) -> Result<Vec<PathBuf>, PagesError> {
    let mut found = Vec::new();
    for below in ["", TABLES] {
        let folder = out.join(below);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(PagesError::File { path: folder, error }),
        };
        for entry in entries {
            let entry = entry.map_err(at(&folder))?;
            // A link to a file counts as one, and a folder is none of ours.
            if fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file()) {
                found.push(Path::new(below).join(entry.file_name()));
            }
        }
    }
    found.sort();
    Ok(found)
}
