//! Primary keys, foreign keys and indexes.

use crate::finding::{Finding, Level};
use crate::model::{ForeignKey, Index, Kind, Table};
use crate::objects::{named_indexes, primary_key};

pub(super) fn findings(table: &Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    if table.kind == Kind::Table && primary_key(table).is_empty() {
        let text = "The table has no primary key: its rows can not be told apart. Give it one.".to_owned();
        findings.push(finding(Level::Warning, "no-primary-key", &table.name, table, text));
    }
    for key in &table.foreign_keys {
        findings.extend(of_key(table, key));
    }
    findings.extend(named_indexes(table).filter_map(|index| redundant(table, index)));
    findings
}

fn of_key(table: &Table, key: &ForeignKey) -> Vec<Finding> {
    let object = format!("{}({})", table.name, key.columns.join(", "));
    let mut findings = Vec::new();
    if key.dangling {
        let text = format!("The foreign key refers to `{}`, which does not exist.", key.parent);
        findings.push(finding(Level::Error, "dangling-foreign-key", &object, table, text));
    }
    if !has_index(table, &key.columns) {
        let columns = key.columns.join(", ");
        let text = format!(
            "No index begins with ({columns}): deleting a row of `{0}` reads all of `{1}`. CREATE INDEX … ON {1} ({columns}).",
            key.parent, table.name
        );
        findings.push(finding(Level::Warning, "foreign-key-without-index", &object, table, text));
    }
    let is_required =
        |name: &String| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name) && column.not_null);
    if (key.on_delete == "SET NULL" || key.on_update == "SET NULL") && key.columns.iter().any(is_required) {
        let text = "The foreign key sets NULL where the column is NOT NULL: the delete fails.".to_owned();
        findings.push(finding(Level::Error, "set-null-on-not-null", &object, table, text));
    }
    findings
}

/// The database looks for rows by these columns, in any order, so an index must begin with them. A partial one may not
/// know the row.
fn has_index(table: &Table, columns: &[String]) -> bool {
    let begins = |index: &[String]| {
        index.len() >= columns.len()
            && index
                .iter()
                .take(columns.len())
                .all(|name| columns.iter().any(|column| column.eq_ignore_ascii_case(name)))
    };
    let is_not_null = |condition: &str| {
        // WHERE column IS NOT NULL leaves out only rows that refer to nothing.
        columns.iter().any(|column| condition.eq_ignore_ascii_case(&format!("{column} IS NOT NULL")))
    };
    let is_whole = |index: &&Index| index.condition.as_deref().is_none_or(is_not_null);
    begins(&primary_key(table)) || table.indexes.iter().filter(is_whole).any(|index| begins(&index.columns))
}

/// An index whose columns another one begins with, over the same rows.
fn redundant(table: &Table, index: &Index) -> Option<Finding> {
    let primary = primary_key(table);
    let same_rows = |other: &&Index| other.name != index.name && other.condition == index.condition;
    let covers = |columns: &[String]| columns.starts_with(&index.columns);
    // Of two that are alike the unique one is kept, and else the first.
    let is_needed = |other: &Index| {
        index.unique && !(other.unique && other.columns == index.columns)
            || (other.columns == index.columns
                && other.unique == index.unique
                && index.name < other.name
                && other.origin == "c")
    };
    let other = table.indexes.iter().filter(same_rows).find(|other| covers(&other.columns) && !is_needed(other));
    let by = match other {
        Some(other) if other.origin == "c" => format!("`{}`", other.name),
        Some(other) => format!("the unique constraint on ({})", other.columns.join(", ")),
        None if index.condition.is_none() && !index.unique && covers(&primary) => "the primary key".to_owned(),
        None => return None,
    };
    let text = format!("Its columns are the first of {by}, which serves the same queries. Drop it.");
    Some(Finding {
        level: Level::Warning,
        rule: "redundant-index",
        object: index.name.clone(),
        place: index.history.introduced.to_string(),
        text,
    })
}

fn finding(level: Level, rule: &'static str, object: &str, table: &Table, text: String) -> Finding {
    Finding { level, rule, object: object.to_owned(), place: table.history.introduced.to_string(), text }
}
