//! A table's columns, and what each may hold.

use std::fmt::Write as _;

use super::Source;
use super::markdown::{code, codes, sql, table as grid};
use crate::model::{Column, History, Kind, Place, Table};
use crate::objects;
use crate::relations;
use crate::sql::constraints::allowed_values;

/// The section.
pub(super) fn columns(source: &Source<'_>, table: &Table) -> String {
    let rows: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|column| {
            vec![
                code(&column.name),
                code(&column.declared_type),
                null(table, column).to_owned(),
                column.default.as_deref().map(sql).unwrap_or_default(),
                limits(source, table, column),
                source.since(&column.history),
                source.notes.column(&table.name, &column.name).to_owned(),
            ]
        })
        .collect();
    let head = ["column", "type", "null", "default", "constraints", "since", "description"];
    format!("## Columns\n\n{}", grid(&head, &rows))
}

/// Whether it may be NULL. What a view shows says nothing of that.
fn null(table: &Table, column: &Column) -> &'static str {
    match table.kind {
        Kind::View => "",
        Kind::Table | Kind::Virtual if column.not_null || is_rowid(table, column) => "no",
        Kind::Table | Kind::Virtual => "yes",
    }
}

/// The number of the row itself is never NULL, and neither is the key of a table without one.
fn is_rowid(table: &Table, column: &Column) -> bool {
    let keys = objects::primary_key(table).len();
    column.primary_key > 0
        && (table.without_rowid || (keys == 1 && column.declared_type.eq_ignore_ascii_case("INTEGER")))
}

/// What a column may hold, in short.
fn limits(source: &Source<'_>, table: &Table, column: &Column) -> String {
    let mut limits = Vec::new();
    let is_alone = |columns: &[String]| matches!(columns, [name] if name.eq_ignore_ascii_case(&column.name));
    if column.primary_key > 0 {
        let part = if is_alone(&objects::primary_key(table)) { "" } else { "part of the " };
        limits.push(format!("{part}primary key"));
    } else if relations::is_unique(table, std::slice::from_ref(&column.name)) {
        limits.push("unique".to_owned());
    }
    let partial = table.indexes.iter().filter(|index| index.unique && is_alone(&index.columns));
    limits.extend(partial.filter_map(|index| Some(format!("unique where {}", sql(index.condition.as_ref()?)))));
    let is_among = |columns: &[String]| columns.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
    for key in table.foreign_keys.iter().filter(|key| is_among(&key.columns)) {
        limits.push(format!("references {}", source.table(&key.parent)));
    }
    for check in &table.checks {
        match allowed_values(&check.expression) {
            Some((name, values)) if name.eq_ignore_ascii_case(&column.name) => {
                limits.push(format!("one of {}", codes(&values)));
            }
            Some(_) => {}
            None if is_alone(&objects::columns_of_check(table, check)) => {
                limits.push(format!("check {}", sql(&check.expression)));
            }
            None => {}
        }
    }
    if let (Some(generated), Some(expression)) = (column.generated, &column.expression) {
        limits.push(format!("generated as {} ({})", sql(expression), generated.as_str()));
    }
    limits.extend(column.collation.iter().map(|collation| format!("collation {}", code(collation))));
    limits.join("; ")
}

impl Source<'_> {
    /// Where something comes from, in few characters: the migration's number and the line, linked at the end of the page.
    pub(super) fn since(&self, history: &History) -> String {
        let mut text = short(&history.introduced);
        for renamed in &history.renamed {
            let _ = write!(text, ", was {} until {}", code(&renamed.from), short(&renamed.at));
        }
        if let Some(changed) = &history.changed {
            let _ = write!(text, ", changed {}", short(changed));
        }
        text
    }

    /// What the links of [`Self::since`] lead to.
    pub(super) fn places(&self, table: &Table) -> String {
        let columns = table.columns.iter().map(|column| &column.history);
        let indexes = objects::named_indexes(table).map(|index| &index.history);
        let of = |history: &History| {
            let renamed = history.renamed.iter().map(|renamed| renamed.at.clone());
            renamed.chain([history.introduced.clone()]).chain(history.changed.clone()).collect::<Vec<_>>()
        };
        let mut lines: Vec<String> = columns
            .chain(indexes)
            .flat_map(of)
            .map(|place| format!("{}: {}\n", short(&place), self.target(&place)))
            .collect();
        lines.sort();
        lines.dedup();
        lines.concat()
    }
}

/// `[0001:5]`. A folder's numbers are all different.
fn short(place: &Place) -> String {
    let name = place.file.strip_prefix(['V', 'v']).unwrap_or(&place.file);
    let end = name.find(|character: char| !(character.is_ascii_digit() || character == '-')).unwrap_or(name.len());
    let number = name.get(..end).filter(|number| !number.is_empty()).unwrap_or(&place.file);
    format!("[{number}:{}]", place.line)
}
