//! Statements on one connection.

use std::time::Instant;

use tokio_postgres::types::ToSql;

use super::connection::Connection;
use super::value::{Parameter, own};
use crate::clock::stopwatch;
use crate::db::{Error, Row, Value};

/// A connection for the time of one closure.
pub(in crate::db) struct Session<'a> {
    connection: &'a Connection,
    deadline: Option<Instant>,
}

impl<'a> Session<'a> {
    pub(super) fn new(connection: &'a Connection, deadline: Option<Instant>) -> Self {
        Self { connection, deadline }
    }

    pub(in crate::db) fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, Error> {
        self.check_deadline()?;
        let parameters: Vec<Parameter<'_>> = parameters.iter().map(|&value| Parameter(value)).collect();
        let parameters = by_reference(&parameters);
        self.connection.with(sql, |client, statement| {
            let parameters = &parameters;
            async move { client.execute(&statement, parameters).await }
        })
    }

    pub(in crate::db) fn query(&self, sql: &str, parameters: &[Value<'_>], limit: usize) -> Result<Vec<Row>, Error> {
        self.check_deadline()?;
        let parameters: Vec<Parameter<'_>> = parameters.iter().map(|&value| Parameter(value)).collect();
        let parameters = by_reference(&parameters);
        let rows = self.connection.with(sql, |client, statement| {
            let parameters = &parameters;
            async move { client.query(&statement, parameters).await }
        })?;
        rows.iter().take(limit).map(own).collect()
    }

    pub(in crate::db) fn execute_batch(&self, sql: &str) -> Result<(), Error> {
        self.connection.batch(sql)
    }

    pub(in crate::db) fn control(&self, sql: &str) {
        self.connection.control(sql);
    }

    pub(in crate::db) fn has_table(&self, name: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM pg_catalog.pg_tables
                   WHERE schemaname = current_schema() AND tablename = CAST($1 AS TEXT)";
        Ok(!self.query(sql, crate::params![name], 1)?.is_empty())
    }

    /// The server ends one long statement; this ends a long row of short ones.
    fn check_deadline(&self) -> Result<(), Error> {
        if self.deadline.is_some_and(|deadline| stopwatch() >= deadline) { Err(Error::Deadline) } else { Ok(()) }
    }
}

fn by_reference<'a>(parameters: &'a [Parameter<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    parameters.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
