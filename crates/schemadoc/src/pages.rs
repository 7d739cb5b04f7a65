//! The pages on the disk: what differs from what should be there, and writing it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::render::MARK;

/// How the disk differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Pages that are not there.
    pub missing: Vec<PathBuf>,
    /// Pages that read differently, and how they read now.
    pub stale: Vec<(PathBuf, String)>,
    /// Pages of ours whose table is gone.
    pub extra: Vec<PathBuf>,
    /// Files that somebody else has put there. They are left alone.
    pub foreign: Vec<PathBuf>,
}

impl Difference {
    /// Nothing is to be written or taken away.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.stale.is_empty() && self.extra.is_empty()
    }
}

/// Compares the folder `out` with the pages.
///
/// # Errors
/// When a file can not be read.
pub fn compare(out: &Path, pages: &BTreeMap<PathBuf, String>) -> io::Result<Difference> {
    let mut difference = Difference::default();
    for (path, text) in pages {
        match fs::read(out.join(path)) {
            Ok(bytes) if bytes == text.as_bytes() => {}
            Ok(bytes) => difference.stale.push((path.clone(), String::from_utf8(bytes).unwrap_or_default())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => difference.missing.push(path.clone()),
            Err(error) => return Err(error),
        }
    }
    for path in files(out)? {
        if pages.contains_key(&path) {
            continue;
        }
        let is_ours = fs::read(out.join(&path))?.starts_with(MARK.as_bytes());
        if is_ours { difference.extra.push(path) } else { difference.foreign.push(path) }
    }
    Ok(difference)
}

/// Makes the folder as it should be. Each file is replaced in one step.
///
/// # Errors
/// When a file can not be written.
pub fn write(out: &Path, pages: &BTreeMap<PathBuf, String>, difference: &Difference) -> io::Result<()> {
    let changed = difference.missing.iter().chain(difference.stale.iter().map(|(path, _)| path));
    for path in changed {
        let Some(text) = pages.get(path) else { continue };
        let target = out.join(path);
        let folder = target.parent().unwrap_or(out);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".schemadoc").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        readable(file.as_file())?;
        file.persist(&target).map_err(|error| error.error)?;
    }
    for path in &difference.extra {
        fs::remove_file(out.join(path))?;
    }
    Ok(())
}

/// A temporary file is its owner's alone; a page is for everybody.
fn readable(file: &fs::File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Every file in the folder and in `tables/`; none when there is no folder.
fn files(out: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for below in ["", "tables"] {
        let entries = match fs::read_dir(out.join(below)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                found.push(Path::new(below).join(entry.file_name()));
            }
        }
    }
    found.sort();
    Ok(found)
}
