//! Statements on one connection.

use std::time::Instant;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};

use super::placeholder::rewrite;
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
        let mut statement = self.connection.prepare_cached(&rewrite(sql))?;
        Ok(statement.execute(params_from_iter(parameters))? as u64)
    }

    /// Reads `limit` rows at most.
    pub(crate) fn query(&self, sql: &str, parameters: &[Value<'_>], limit: usize) -> Result<Vec<Row>, Error> {
        self.check_deadline()?;
        let mut statement = self.connection.prepare_cached(&rewrite(sql))?;
        let mut rows = statement.query(params_from_iter(parameters))?;
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

    /// The progress handler ends one long statement; this ends a long row of short ones.
    fn check_deadline(&self) -> Result<(), Error> {
        if self.deadline.is_some_and(|deadline| stopwatch() >= deadline) { Err(Error::Deadline) } else { Ok(()) }
    }
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
