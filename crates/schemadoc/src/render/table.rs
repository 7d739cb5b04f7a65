//! The page of a table.

use std::fmt::Write as _;

use super::changes::{self, Change};
use super::columns::columns;
use super::markdown::{code, codes, plain, sql, table as grid};
use super::relationships::{consequence, junctions, sentences};
use super::{Source, headed};
use crate::model::{Column, Kind, Table};
use crate::notes::{Note, TableFront};
use crate::objects;
use crate::relations::Relation;
use crate::replay::ROWS;

/// Headings of a note that have a place of their own on the page.
const LIFECYCLE: &str = "Lifecycle";

/// Longer texts in rows that migrations insert are cut.
const LONGEST: usize = 120;

/// Everything about one table.
pub(super) fn page(source: &Source<'_>, table: &Table) -> String {
    let note = source.notes.tables.get(&table.name);
    let mut text = format!("# {}\n\n", plain(&table.name));
    text.push_str(&opening(source, table, note));
    text.push_str(&columns(source, table));
    text.push_str(&constraints(source, table));
    text.push_str(&indexes(source, table));
    text.push_str(&relationships(source, table));
    text.push_str(&lifecycle(note));
    text.push_str(&rows(table));
    text.push_str(&example(table, note));
    text.push_str(&other_sections(note));
    text.push_str(&definition(table));
    text.push_str(&triggers(table));
    text.push_str(&origin(source, table));
    text
}

fn opening(source: &Source<'_>, table: &Table, note: Option<&Note<TableFront>>) -> String {
    let what = match (table.kind, table.strict, table.without_rowid) {
        (Kind::View, ..) => "A view.",
        (Kind::Virtual, ..) => "A virtual table.",
        (Kind::Table, true, true) => "The table is STRICT and WITHOUT ROWID.",
        (Kind::Table, true, false) => "The table is STRICT.",
        (Kind::Table, false, true) => "The table is WITHOUT ROWID.",
        (Kind::Table, false, false) => "",
    };
    let prose = note.map(|note| note.body.opening.clone()).filter(|opening| !opening.is_empty());
    let prose = prose.unwrap_or_else(|| source.notes.purpose(&table.name));
    [prose.as_str(), what].iter().filter(|text| !text.is_empty()).map(|text| format!("{text}\n\n")).collect()
}

fn constraints(source: &Source<'_>, table: &Table) -> String {
    let rows: Vec<Vec<String>> = objects::constraints(table)
        .into_iter()
        .map(|constraint| {
            let name = constraint.name.as_deref().map(|name| format!(" ({})", code(name))).unwrap_or_default();
            let why = source.notes.constraint(&table.name, &constraint.key).to_owned();
            vec![format!("{}{name}", constraint.key), sql(&constraint.definition), why]
        })
        .collect();
    headed("## Constraints", &grid(&["constraint", "definition", "purpose"], &rows))
}

fn indexes(source: &Source<'_>, table: &Table) -> String {
    let rows: Vec<Vec<String>> = objects::named_indexes(table)
        .map(|index| {
            vec![
                code(&index.name),
                codes(&index.columns),
                unique(index.unique, index.condition.as_deref()),
                source.since(&index.history),
                source.notes.index(&table.name, &index.name).to_owned(),
            ]
        })
        .collect();
    headed("## Indexes", &grid(&["index", "columns", "unique", "since", "purpose"], &rows))
}

/// A partial index is never called unique without its condition.
pub(super) fn unique(is_unique: bool, condition: Option<&str>) -> String {
    match (is_unique, condition) {
        (true, None) => "yes".to_owned(),
        (true, Some(condition)) => format!("where {}", sql(condition)),
        (false, None) => "no".to_owned(),
        (false, Some(condition)) => format!("no; only where {}", sql(condition)),
    }
}

/// Both ways, and what a delete does.
fn relationships(source: &Source<'_>, table: &Table) -> String {
    let is_here = |relation: &Relation| relation.child == table.name || relation.parent == table.name;
    let (own, others): (Vec<_>, Vec<_>) =
        source.relations.iter().filter(|relation| is_here(relation)).partition(|relation| relation.child == table.name);
    let mut text = headed("What a row refers to:", &sentences(source, &own));
    text.push_str(&headed("What refers to a row:", &sentences(source, &others)));
    text.push_str(&headed("Many to many:", &junctions(source, is_here)));
    let deletes = consequence(source, &table.name);
    if !deletes.is_empty() {
        let _ = write!(text, "{deletes}\n\n");
    }
    headed("## Relationships", &text)
}

fn rows(table: &Table) -> String {
    let head: Vec<String> = table.columns.iter().map(|column| plain(&column.name)).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let of = |row: &Vec<serde_json::Value>| {
        row.iter().zip(&table.columns).map(|(value, column)| cell(value, column)).collect()
    };
    let rows: Vec<Vec<String>> = table.rows.iter().map(of).collect();
    let heading = if rows.len() < ROWS { String::new() } else { format!("\n\nThe first {ROWS}.") };
    headed(&format!("## Rows that the migrations insert{heading}"), &grid(&head, &rows))
}

fn cell(value: &serde_json::Value, column: &Column) -> String {
    let is_flag = column.declared_type.to_ascii_uppercase().starts_with("BOOL");
    match (value.as_str(), value.as_i64()) {
        (Some(""), _) => code("''"),
        (Some(text), _) => code(&cut(text)),
        (None, Some(0)) if is_flag => "FALSE".to_owned(),
        (None, Some(1)) if is_flag => "TRUE".to_owned(),
        (None, _) if value.is_null() => "NULL".to_owned(),
        (None, _) => value.to_string(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn example(table: &Table, note: Option<&Note<TableFront>>) -> String {
    let Some(note) = note.filter(|note| !note.front.example.is_empty()) else { return String::new() };
    let given = |column: &Column| {
        let Some((_, value)) = note.front.example.iter().find(|(name, _)| name.get_ref() == &column.name) else {
            return column
                .default
                .as_ref()
                .map_or_else(|| "NULL".to_owned(), |default| format!("{}, the default", sql(default)));
        };
        match (value.as_str(), value.as_bool()) {
            (Some(""), _) => code("''"),
            (Some(text), _) => code(text),
            (None, Some(flag)) => flag.to_string().to_uppercase(),
            (None, None) => value.to_string(),
        }
    };
    // A generated column follows from the others.
    let stored = table.columns.iter().filter(|column| column.generated.is_none());
    let rows: Vec<Vec<String>> = stored.map(|column| vec![code(&column.name), given(column)]).collect();
    headed("## An example", &grid(&["column", "value"], &rows))
}

fn lifecycle(note: Option<&Note<TableFront>>) -> String {
    let text = note.and_then(|note| note.body.section(LIFECYCLE)).unwrap_or_default();
    headed("## Lifecycle", &if text.is_empty() { String::new() } else { format!("{text}\n\n") })
}

fn other_sections(note: Option<&Note<TableFront>>) -> String {
    let sections = note.into_iter().flat_map(|note| &note.body.sections);
    sections
        .filter(|section| !section.title.eq_ignore_ascii_case(LIFECYCLE))
        .map(|section| format!("## {}\n\n{}\n\n", section.title, section.text))
        .collect()
}

/// What a view shows, or how a virtual table was made: its columns do not say it.
fn definition(table: &Table) -> String {
    let text = if table.kind == Kind::Table { String::new() } else { format!("```sql\n{}\n```\n\n", table.sql.trim()) };
    headed("## Definition", &text)
}

fn triggers(table: &Table) -> String {
    let blocks = table
        .triggers
        .iter()
        .map(|trigger| format!("{}\n\n```sql\n{}\n```\n\n", code(&trigger.name), trigger.sql.trim()));
    headed("## Triggers", &blocks.collect::<String>())
}

fn origin(source: &Source<'_>, table: &Table) -> String {
    let own: Vec<&Change<'_>> = source.changes.iter().filter(|change| change.table.name == table.name).collect();
    let mut text = "## Source\n\n".to_owned();
    for here in own.chunk_by(|one, other| one.place.file == other.place.file) {
        let place = here.first().map(|change| source.place(change.place)).unwrap_or_default();
        let _ = writeln!(text, "- {place}: {}", changes::words(here));
    }
    if let Some(code) = source.code_of(&table.name) {
        let _ = writeln!(text, "- Read and written by {code}.");
    }
    format!("{text}\n{}", source.places(table))
}
