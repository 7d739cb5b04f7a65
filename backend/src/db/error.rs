//! What can go wrong in the database, the same for every engine.

/// A failure of the database. It names no values, only the statement's or the schema's words, so it may be logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The queue is full, or another process held the lock for too long.
    #[error("the database is busy")]
    Busy,
    /// The disk, or the size that the database may have, is used up.
    #[error("the disk is full")]
    Full,
    /// The storage failed, or the transaction was lost: nothing of it was kept as far as can be known.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Another node wrote what this transaction rests on. The batcher runs its closures again, and nobody sees this.
    #[error("another transaction was in the way")]
    Conflict,
    /// A read ran longer than [`super::Settings::read_deadline`].
    #[error("a statement took too long")]
    Deadline,
    /// A call on a transaction in which a call has already failed.
    #[error("an earlier call in this transaction failed")]
    Poisoned,
    /// The closure panicked; nothing of it was kept.
    #[error("a database closure panicked")]
    Panicked,
    /// A unique index, a foreign key or a check refused a row.
    #[error("a constraint was violated: {0}")]
    Constraint(String),
    /// The statement does not fit the schema or the kind of transaction: a mistake in the program.
    #[error("a statement was refused: {0}")]
    Query(String),
    /// The rows or a column of the answer are not what the program expects: a mistake in the program.
    #[error("an unexpected row: {0}")]
    Row(String),
}

impl Error {
    /// Whether the same call may succeed later, so that an HTTP caller is told 503 and `Retry-After`.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Busy | Self::Full | Self::Unavailable(_) | Self::Conflict | Self::Deadline => true,
            Self::Poisoned | Self::Panicked | Self::Constraint(_) | Self::Query(_) | Self::Row(_) => false,
        }
    }
}
