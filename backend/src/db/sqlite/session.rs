//! Statements on one connection.

use std::time::Instant;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement};

use crate::clock::stopwatch;
use crate::db::value::Column;
use crate::db::{Error, Row, Value};

/// A connection for the time of one closure.
pub(crate) struct Session<'a> {
    connection: &'a Connection,
    deadline: Option<Instant>,
}

impl<'a> Session<'a> {
    pub(super) fn new(connection: &'a Connection, deadline: Option<Instant>) -> Self {
        Self { connection, deadline }
    }

    /// Runs a statement; returns how many rows it touched.
    pub(crate) fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, Error> {
        self.check_deadline()?;
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, parameters)?;
        Ok(statement.raw_execute()? as u64)
    }

    /// Reads `limit` rows at most.
    pub(crate) fn query(&self, sql: &str, parameters: &[Value<'_>], limit: usize) -> Result<Vec<Row>, Error> {
        self.check_deadline()?;
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, parameters)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(row) = rows.next()?
        {
            found.push(own(row)?);
        }
        Ok(found)
    }

    /// Runs several statements without parameters.
    pub(crate) fn execute_batch(&self, sql: &str) -> Result<(), Error> {
        Ok(self.connection.execute_batch(sql)?)
    }

    /// Runs a statement that steers the transaction. Parsed once for each connection.
    pub(crate) fn control(&self, sql: &'static str) -> Result<(), Error> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Whether there is a table of that name.
    pub(crate) fn has_table(&self, name: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1";
        Ok(!self.query(sql, crate::params![name], 1)?.is_empty())
    }

    /// [`Error::Constraint`] when a row refers to one that is not there.
    pub(crate) fn check_references(&self) -> Result<(), Error> {
        let Some(row) = self.query("PRAGMA foreign_key_check", &[], 1)?.pop() else { return Ok(()) };
        let (child, parent) = (row.get::<String>(0)?, row.get::<String>(2)?);
        Err(Error::Constraint(format!("a row of {child} refers to a missing row of {parent}")))
    }

    /// The progress handler ends one long statement; this ends a long row of short ones.
    fn check_deadline(&self) -> Result<(), Error> {
        if self.deadline.is_some_and(|deadline| stopwatch() >= deadline) { Err(Error::Deadline) } else { Ok(()) }
    }
}

/// SQLite takes `$2` for a name, and counts names in the order in which they first appear; so each gets the value that
/// its name asks for. Every value must be asked for.
fn bind(statement: &mut Statement<'_>, parameters: &[Value<'_>]) -> Result<(), Error> {
    let mut most = 0;
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).and_then(|name| name.strip_prefix('$'));
        let number: usize = name.and_then(|name| name.parse().ok()).unwrap_or(0);
        let value = number.checked_sub(1).and_then(|position| parameters.get(position));
        let value = value.ok_or_else(|| Error::Query(format!("there is no value for parameter {index}")))?;
        statement.raw_bind_parameter(index, value)?;
        most = most.max(number);
    }
    if most == parameters.len() { Ok(()) } else { Err(Error::Query("not every value is used".to_owned())) }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Integer(integer) => ValueRef::Integer(integer),
            Value::Boolean(flag) => ValueRef::Integer(flag.into()),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn own(row: &rusqlite::Row<'_>) -> Result<Row, Error> {
    let columns = (0..row.as_ref().column_count()).map(|index| match row.get_ref(index)? {
        ValueRef::Null => Ok(Column::Null),
        ValueRef::Integer(integer) => Ok(Column::Integer(integer)),
        ValueRef::Text(bytes) => {
            let text = str::from_utf8(bytes).map_err(|_| Error::Row(format!("column {index} is not UTF-8")))?;
            Ok(Column::Text(text.to_owned()))
        }
        ValueRef::Real(_) | ValueRef::Blob(_) => Err(Error::Row(format!("column {index} has no portable type"))),
    });
    columns.collect::<Result<_, Error>>().map(Row::new)
}
