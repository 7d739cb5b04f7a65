//! The page of a table.

use std::fmt::Write as _;

use super::Source;
use super::markdown::{code, codes, table as grid};
use crate::model::{Column, History, Kind, Table};
use crate::notes::{Note, TableFront, text};
use crate::objects;
use crate::relations::{self, Relation};
use crate::sql::constraints::allowed_values;

/// Headings of a note that have a place of their own on the page.
const LIFECYCLE: &str = "Lifecycle";

/// Everything about one table.
pub(super) fn page(source: &Source<'_>, table: &Table) -> String {
    let note = source.notes.tables.get(&table.name);
    let mut text = format!("# {}\n\n", table.name);
    text.push_str(&opening(table, note));
    text.push_str(&columns(table, note));
    text.push_str(&constraints(table, note));
    text.push_str(&indexes(table, note));
    text.push_str(&relationships(source, table));
    text.push_str(&section(note, LIFECYCLE));
    text.push_str(&rows(table));
    text.push_str(&example(table, note));
    text.push_str(&other_sections(note));
    text.push_str(&triggers(table));
    text.push_str(&origin(source, table));
    text
}

fn opening(table: &Table, note: Option<&Note<TableFront>>) -> String {
    let what = match (table.kind, table.strict, table.without_rowid) {
        (Kind::View, ..) => "A view.",
        (Kind::Virtual, ..) => "A virtual table.",
        (Kind::Table, true, true) => "The table is STRICT and WITHOUT ROWID.",
        (Kind::Table, true, false) => "The table is STRICT.",
        (Kind::Table, false, true) => "The table is WITHOUT ROWID.",
        (Kind::Table, false, false) => "",
    };
    let prose = note.map_or("", |note| note.body.opening.as_str());
    [prose, what].iter().filter(|text| !text.is_empty()).map(|text| format!("{text}\n\n")).collect()
}

fn columns(table: &Table, note: Option<&Note<TableFront>>) -> String {
    let rows: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|column| {
            vec![
                code(&column.name),
                code(&column.declared_type),
                if column.not_null || is_rowid(table, column) { "no" } else { "yes" }.to_owned(),
                column.default.as_deref().map(code).unwrap_or_default(),
                limits(table, column),
                said(note.map(|note| &note.front.columns), &column.name),
                since(&column.history),
            ]
        })
        .collect();
    let head = ["column", "type", "null", "default", "constraints", "description", "since"];
    format!("## Columns\n\n{}", grid(&head, &rows))
}

/// The number of the row itself is never NULL.
fn is_rowid(table: &Table, column: &Column) -> bool {
    let keys = table.columns.iter().filter(|column| column.primary_key > 0).count();
    column.primary_key > 0
        && (table.without_rowid || (keys == 1 && column.declared_type.eq_ignore_ascii_case("INTEGER")))
}

/// What a column may hold, in short.
fn limits(table: &Table, column: &Column) -> String {
    let mut limits = Vec::new();
    if column.primary_key > 0 {
        limits.push("primary key".to_owned());
    }
    if relations::is_unique(table, std::slice::from_ref(&column.name)) && column.primary_key == 0 {
        limits.push("unique".to_owned());
    }
    for key in table.foreign_keys.iter().filter(|key| key.columns.contains(&column.name)) {
        limits.push(format!("references [{0}]({0}.md)", key.parent));
    }
    for check in &table.checks {
        match allowed_values(&check.expression) {
            Some((name, values)) if name.eq_ignore_ascii_case(&column.name) => {
                limits.push(format!("one of {}", codes(&values)));
            }
            Some(_) => {}
            None if objects::columns_of_check(table, check) == [column.name.clone()] => {
                limits.push(format!("check {}", code(&check.expression)));
            }
            None => {}
        }
    }
    if let Some(collation) = &column.collation {
        limits.push(format!("compared as {}", code(collation)));
    }
    if let (Some(_), Some(expression)) = (column.generated, &column.expression) {
        limits.push(format!("generated as {}", code(expression)));
    }
    limits.join("; ")
}

fn constraints(table: &Table, note: Option<&Note<TableFront>>) -> String {
    let rows: Vec<Vec<String>> = objects::constraints(table)
        .into_iter()
        .map(|constraint| {
            let name = constraint.name.as_deref().map(|name| format!(" ({})", code(name))).unwrap_or_default();
            let why = said(note.map(|note| &note.front.constraints), &constraint.key);
            vec![format!("{}{name}", constraint.key), code(&constraint.definition), why]
        })
        .collect();
    headed("## Constraints", &grid(&["constraint", "definition", "purpose"], &rows))
}

fn indexes(table: &Table, note: Option<&Note<TableFront>>) -> String {
    let rows: Vec<Vec<String>> = objects::named_indexes(table)
        .map(|index| {
            vec![
                code(&index.name),
                codes(&index.columns),
                unique(index.unique, index.condition.as_deref()),
                said(note.map(|note| &note.front.indexes), &index.name),
                since(&index.history),
            ]
        })
        .collect();
    headed("## Indexes", &grid(&["index", "columns", "unique", "purpose", "since"], &rows))
}

/// A partial index is never called unique without its condition.
pub(super) fn unique(is_unique: bool, condition: Option<&str>) -> String {
    match (is_unique, condition) {
        (true, None) => "yes".to_owned(),
        (true, Some(condition)) => format!("where {}", code(condition)),
        (false, None) => "no".to_owned(),
        (false, Some(condition)) => format!("no; only where {}", code(condition)),
    }
}

fn relationships(source: &Source<'_>, table: &Table) -> String {
    let of = |relation: &&Relation| relation.child == table.name || relation.parent == table.name;
    let lines: String = source
        .relations
        .iter()
        .filter(of)
        .map(|relation| format!("- {}\n", super::relationships::sentence(relation, "")))
        .collect();
    let deletes = super::relationships::consequence(source.model, &table.name);
    let deletes = if deletes.is_empty() { String::new() } else { format!("{deletes}\n\n") };
    let lines = if lines.is_empty() { String::new() } else { format!("{lines}\n") };
    headed("## Relationships", &format!("{lines}{deletes}"))
}

fn rows(table: &Table) -> String {
    let head: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(value).collect()).collect();
    headed("## Rows that the migrations insert", &grid(&head, &rows))
}

fn value(value: &serde_json::Value) -> String {
    match value.as_str() {
        Some(text) => code(text),
        None if value.is_null() => "NULL".to_owned(),
        None => value.to_string(),
    }
}

fn example(table: &Table, note: Option<&Note<TableFront>>) -> String {
    let Some(note) = note.filter(|note| !note.front.example.is_empty()) else { return String::new() };
    let given = |column: &Column| {
        let Some((_, value)) = note.front.example.iter().find(|(name, _)| name.get_ref() == &column.name) else {
            return "NULL".to_owned();
        };
        match (value.as_str(), value.as_bool()) {
            (Some(text), _) => code(text),
            (None, Some(flag)) => flag.to_string().to_uppercase(),
            (None, None) => value.to_string(),
        }
    };
    let rows: Vec<Vec<String>> = table.columns.iter().map(|column| vec![code(&column.name), given(column)]).collect();
    headed("## An example", &grid(&["column", "value"], &rows))
}

fn section(note: Option<&Note<TableFront>>, title: &str) -> String {
    let text = note.and_then(|note| note.body.section(title)).unwrap_or_default();
    headed(&format!("## {title}"), &if text.is_empty() { String::new() } else { format!("{text}\n\n") })
}

fn other_sections(note: Option<&Note<TableFront>>) -> String {
    let sections = note.into_iter().flat_map(|note| &note.body.sections);
    sections
        .filter(|section| section.title != LIFECYCLE)
        .map(|section| format!("## {}\n\n{}\n\n", section.title, section.text))
        .collect()
}

fn triggers(table: &Table) -> String {
    let blocks =
        table.triggers.iter().map(|trigger| format!("`{}`\n\n```sql\n{}\n```\n\n", trigger.name, trigger.sql.trim()));
    headed("## Triggers", &blocks.collect::<String>())
}

fn origin(source: &Source<'_>, table: &Table) -> String {
    let mut text = "## Source\n\n".to_owned();
    let _ = writeln!(text, "- Made in {}.", source.link(&table.history.introduced));
    if let Some(rebuilt) = &table.history.rebuilt {
        let _ = writeln!(text, "- Made anew, with its rows, in {}.", source.link(rebuilt));
    }
    for renamed in &table.history.renamed {
        let _ = writeln!(text, "- Called `{}` until {}.", renamed.from, source.link(&renamed.at));
    }
    if let Some(code) = source.code_of(&table.name) {
        let _ = writeln!(text, "- Read and written by {code}.");
    }
    text
}

fn headed(heading: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{heading}\n\n{text}") }
}

fn said(texts: Option<&crate::notes::Texts>, name: &str) -> String {
    text(texts, name).unwrap_or_default().to_owned()
}

/// The file's number says enough in a table: `0001`, and where it changed.
fn since(history: &History) -> String {
    let short = |place: &crate::model::Place| {
        let end = place.file.find(|character: char| !character.is_ascii_digit()).unwrap_or(place.file.len());
        let number = place.file.get(..end).filter(|number| !number.is_empty()).unwrap_or(&place.file);
        format!("{number}:{}", place.line)
    };
    let mut text = short(&history.introduced);
    for renamed in &history.renamed {
        let _ = write!(text, ", was {} until {}", code(&renamed.from), short(&renamed.at));
    }
    if let Some(changed) = &history.changed {
        let _ = write!(text, ", changed {}", short(changed));
    }
    text
}
