//! The rows that migrations insert. What is another one each time they run is shown as what makes it, for pages must not
//! differ while nothing changes.

use postgres::{Client, SimpleQueryRow};
use serde_json::Value;

use super::relation::Relation;
use super::{PostgresError, server};
use crate::folder::MigrationFile;
use crate::model::{Column, Table};

/// How many rows of a table are documented.
const ROWS: u32 = 200;

/// What tells a value that the migrations say from one that they let the server make.
pub(super) struct Made<'a> {
    files: &'a [MigrationFile],
    /// When the replay began and ended, in UTC, as the server writes it.
    begin: String,
    end: String,
}

impl<'a> Made<'a> {
    pub(super) fn new(files: &'a [MigrationFile], begin: String, client: &mut Client) -> Result<Self, PostgresError> {
        Ok(Self { files, begin, end: now(client)? })
    }

    /// The expression that has made a value which is not the same the next time.
    fn by<'c>(&self, column: &'c Column, value: &str) -> Option<&'c str> {
        let default = column.default.as_deref().filter(|default| default.contains('('));
        let is_time = column.declared_type.starts_with("timestamp");
        if is_time && self.begin.as_str() <= value && value <= self.end.as_str() {
            return Some(default.unwrap_or("now()"));
        }
        let is_said = || self.files.iter().any(|file| file.up.to_ascii_lowercase().contains(value));
        default.filter(|_| column.declared_type == "uuid" && !is_said())
    }
}

/// The server's time.
pub(super) fn now(client: &mut Client) -> Result<String, PostgresError> {
    Ok(server::value(client, "SELECT clock_timestamp()::timestamp")?)
}

/// The rows of the table in the order in which they are stored, each in the order of the columns.
pub(super) fn read(
    client: &mut Client,
    relation: &Relation,
    table: &Table,
    made: &Made<'_>,
) -> Result<Vec<Vec<Value>>, PostgresError> {
    let found = server::rows(client, &format!("SELECT * FROM {} LIMIT {ROWS}", relation.address))?;
    let cell = |row: &SimpleQueryRow, (at, column)| row.get(at).map_or(Value::Null, |text| json(column, text, made));
    Ok(found.iter().map(|row| table.columns.iter().enumerate().map(|place| cell(row, place)).collect()).collect())
}

fn json(column: &Column, text: &str, made: &Made<'_>) -> Value {
    if let Some(expression) = made.by(column, text) {
        return expression.into();
    }
    match column.declared_type.as_str() {
        "boolean" => (text == "t").into(),
        "smallint" | "integer" | "bigint" => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        "real" | "double precision" => text.parse::<f64>().map_or_else(|_| text.into(), Value::from),
        // A `numeric` may have more digits than a number in JSON.
        _ => text.into(),
    }
}
