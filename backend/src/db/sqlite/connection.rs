//! Opening the file.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::db::{Error, Synchronous};

/// How long a connection waits for another process, such as the command line, to end its transaction.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The default of 16 holds fewer statements than a group runs, so that each would be prepared again each time.
const STATEMENTS: usize = 512;

/// How long the write-ahead log stays at most, once it begins anew.
const LOG_BYTES: i64 = 16 << 20;

/// A connection that may write; makes the file when there is none.
pub(super) fn open_writing(path: &Path, synchronous: Synchronous) -> Result<Connection, Error> {
    match create_private(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unavailable(path, &error)),
        Ok(()) | Err(_) => {}
    }
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    use_log(&connection)?;
    let synchronous = match synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // Checkpoints run beside the writer, not inside of a commit.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A log that a reader's snapshot has made long is cut when it begins anew.
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// A connection to an existing file that can not write.
pub(super) fn open_reading(path: &Path) -> Result<Connection, Error> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // What is in the database is sorted in memory, not in a file outside of its folder.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Turns the write-ahead log on. On a new file two processes can be in each other's way here, and SQLite then
/// answers "busy" at once; so wait with a transaction, which does wait, and try again.
fn use_log(connection: &Connection) -> Result<(), Error> {
    let attempt = || connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
    let mut mode = attempt().map_err(Error::from);
    for _ in 0..10 {
        if mode == Err(Error::Busy) {
            connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
            mode = attempt().map_err(Error::from);
        }
    }
    // SQLite does not call it an error when the file system can not do it.
    let mode = mode?;
    if mode == "wal" { Ok(()) } else { Err(Error::Unavailable(format!("no write-ahead log here, only {mode}"))) }
}

/// Makes an empty file that only its owner can read; SQLite gives its log the same mode. An existing file is
/// `AlreadyExists` and is not even opened: closing it would drop the locks that SQLite holds on it in this process.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

pub(super) fn unavailable(path: &Path, error: &io::Error) -> Error {
    Error::Unavailable(format!("{}: {error}", path.display()))
}
