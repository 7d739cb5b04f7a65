//! A consistent copy of a database in use.

use std::fs::{File, remove_file};
use std::path::Path;

use super::connection::{create_private, open_reading, unavailable};
use crate::db::Error;

/// Copies `source` to `target`, which must not exist, and returns once the copy is on the disk.
pub(crate) fn copy(source: &Path, target: &Path) -> Result<(), Error> {
    create_private(target).map_err(|error| unavailable(target, &error))?;
    let copied = fill(source, target);
    if copied.is_err() {
        // What is left is no copy. That it can not be removed either is the lesser news.
        drop(remove_file(target));
    }
    copied
}

fn fill(source: &Path, target: &Path) -> Result<(), Error> {
    let name = target.to_str().ok_or_else(|| Error::Unavailable(format!("{}: not UTF-8", target.display())))?;
    let connection = open_reading(source)?;
    // It writes, though not to the database that the connection reads.
    connection.pragma_update(None, "query_only", false)?;
    connection.execute("VACUUM INTO ?1", [name])?;
    // SQLite does not wait for the disk here. The folder holds the file's name.
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for path in [target, folder] {
        File::open(path).and_then(|file| file.sync_all()).map_err(|error| unavailable(path, &error))?;
    }
    Ok(())
}
