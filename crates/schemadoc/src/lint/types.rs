//! Types of columns.

use super::Engine;
use crate::finding::{Finding, Level};
use crate::model::{Column, Table};

pub(super) fn findings(table: &Table, engines: &[Engine]) -> Vec<Finding> {
    // SQLite's INTEGER has 64 bits, so it is wrong only for those who say where else they want to go.
    let level = if engines.contains(&Engine::Postgres) { Level::Warning } else { Level::Hint };
    let times = table.columns.iter().filter(|column| is_time(column));
    times.map(|column| integer_time(table, column, level)).collect()
}

/// Unix seconds in 32 bits end in January 2038.
fn is_time(column: &Column) -> bool {
    let name = column.name.to_ascii_lowercase();
    let is_short = ["INTEGER", "INT", "INT4"].iter().any(|kind| column.declared_type.eq_ignore_ascii_case(kind));
    let ends = ["_at", "_time", "_until", "_date", "_since", "timestamp"];
    is_short
        && column.primary_key == 0
        && (ends.iter().any(|end| name.ends_with(end)) || name == "time" || name == "expires")
}

fn integer_time(table: &Table, column: &Column, level: Level) -> Finding {
    Finding {
        level,
        rule: "integer-time",
        object: format!("{}.{}", table.name, column.name),
        place: column.history.introduced.to_string(),
        text: "A time in INTEGER has 32 bits on PostgreSQL and ends in 2038. Use BIGINT.".to_owned(),
    }
}
