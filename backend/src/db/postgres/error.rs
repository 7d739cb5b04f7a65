//! PostgreSQL's error codes (<https://www.postgresql.org/docs/current/errcodes-appendix.html>) as [`Error`]s. A
//! message of the server may repeat values, so of those that do only the code is told.

use std::error::Error as _;

use tokio_postgres::error::DbError;

use crate::db::Error;

/// The error, and whether the connection is of no more use.
pub(super) fn from_driver(error: &tokio_postgres::Error) -> (Error, bool) {
    let Some(answer) = error.as_db_error() else {
        let text = in_full(error);
        // What the driver itself refuses, such as a value of another type, is a mistake of ours.
        return if is_refusal(&text) { (Error::Query(text), false) } else { (Error::Unavailable(text), true) };
    };
    let code = answer.code().code();
    let message = || format!("{} ({code})", answer.message());
    match (code, code.get(..2).unwrap_or_default()) {
        ("40001" | "40P01", _) => (Error::Conflict, false),
        (_, "23") => (Error::Constraint(constraint(answer)), false),
        ("57014", _) => (Error::Deadline, false),
        ("53100", _) => (Error::Full, false),
        ("55P03", _) => (Error::Busy, false),
        // A prepared statement that a migration of another node has outdated: a new connection prepares it anew.
        ("0A000", _) if answer.message().contains("cached plan") => (Error::Unavailable(message()), true),
        // The connection, resources, an operator's intervention, the disk, a fault inside of the server.
        (_, "08" | "28" | "3D" | "53" | "57" | "58" | "XX") => (Error::Unavailable(message()), true),
        // An idle transaction that was ended.
        ("25P03", _) => (Error::Unavailable(message()), true),
        (_, "42" | "25" | "0A" | "3F") => (Error::Query(message()), false),
        (_, _) => (Error::Query(format!("code {code}")), false),
    }
}

/// Which rule a row breaks, in the schema's words.
fn constraint(answer: &DbError) -> String {
    let table = answer.table().unwrap_or("a table");
    match (answer.constraint(), answer.column()) {
        (Some(constraint), _) => format!("{table}: {constraint}"),
        (None, Some(column)) => format!("{table}.{column} ({})", answer.code().code()),
        (None, None) => format!("{table} ({})", answer.code().code()),
    }
}

fn is_refusal(text: &str) -> bool {
    ["error serializing parameter", "error deserializing column", "expected "]
        .iter()
        .any(|begin| text.starts_with(begin))
}

fn in_full(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
