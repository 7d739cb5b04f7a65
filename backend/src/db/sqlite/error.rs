//! SQLite's error codes (<https://sqlite.org/rescode.html>) as [`Error`]s.

use rusqlite::ErrorCode;

use crate::db::Error;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let message = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::OperationInterrupted) => Self::Deadline,
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(message),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::OutOfMemory,
            ) => Self::Unavailable(message),
            // The driver adds codes at will; what is left is a mistake of ours.
            _ => Self::Query(message),
        }
    }
}
