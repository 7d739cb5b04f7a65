//! The database engine and its traps.
