//! Putting a backup in the place of a database that nobody uses.

use std::fs::{File, hard_link, remove_file, rename};
use std::path::Path;
use std::time::Duration;

use super::connection::{open_reading, open_writing, unavailable};
use super::copy::copy;
use crate::db::{Error, Synchronous};

/// Puts a copy of `backup` at `path`; what was there is `kept` under another name. At every moment there is a whole
/// database at `path`, the old or the new. [`Error::Busy`] when somebody uses it.
pub(crate) fn restore(backup: &Path, path: &Path, kept: &Path) -> Result<(), Error> {
    check_whole(backup)?;
    let draft = path.with_extension("restoring");
    drop(remove_file(&draft));
    copy(backup, &draft)?;
    let placed = place(&draft, path, kept);
    if placed.is_err() {
        drop(remove_file(&draft));
    }
    placed
}

fn place(draft: &Path, path: &Path, kept: &Path) -> Result<(), Error> {
    if path.exists() {
        put_log_away(path)?;
        hard_link(path, kept).map_err(|error| unavailable(kept, &error))?;
    }
    rename(draft, path).map_err(|error| unavailable(path, &error))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unavailable(folder, &error))
}

/// Folds the write-ahead log into the file and removes it: SQLite would play it into the restored database. It
/// refuses while another connection is open, so this also shows that no server runs.
fn put_log_away(path: &Path) -> Result<(), Error> {
    let connection = open_writing(path, Synchronous::Full)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0))?;
    Ok(())
}

fn check_whole(backup: &Path) -> Result<(), Error> {
    let connection = open_reading(backup)?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(Error::Unavailable(format!("{}: {verdict}", backup.display()))) }
}
