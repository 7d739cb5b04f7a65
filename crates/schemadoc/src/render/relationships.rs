//! `relationships.md`, and the sentences about relations that tables' pages have, too.

use std::fmt::Write as _;

use super::diagram::{Detail, diagram};
use super::markdown::{code, codes, list, sql, table as grid};
use super::table::unique;
use super::{Source, headed};
use crate::model::{Index, Kind, Table};
use crate::objects;
use crate::relations::{self, Cardinality, Relation};

const INTRODUCTION: &str = "# Relationships

A solid line is a foreign key. A dashed one is not enforced by the database; the list of those says why.

## All tables

Two tables have one line, however many relations: a foreign key, if there is one. The diagrams further down show every
relation and its columns, each in the part whose table refers.

";

/// The whole page.
pub(super) fn page(source: &Source<'_>) -> String {
    let mut text = INTRODUCTION.to_owned();
    let all: Vec<&str> = source.model.tables.iter().map(|table| table.name.as_str()).collect();
    text.push_str(&diagram(source.model, &source.relations, &all, Detail::Names));
    for domain in source.domains() {
        let tables: Vec<&str> = domain.tables.iter().map(|table| table.name.as_str()).collect();
        let _ = write!(text, "## {}\n\n", domain.title);
        if !domain.about.is_empty() {
            let _ = write!(text, "{}\n\n", domain.about);
        }
        text.push_str(&diagram(source.model, &source.relations, &tables, Detail::Keys));
    }
    let (enforced, declared): (Vec<_>, Vec<_>) =
        source.relations.iter().partition(|relation| relation.enforced.is_some());
    text.push_str(&headed("## Foreign keys", &sentences(source, &enforced)));
    text.push_str(&headed("## Relations that the database does not enforce", &sentences(source, &declared)));
    text.push_str(&headed("## Many to many", &junctions(source, |_| true)));
    text.push_str(&headed("## What a delete does", &ended(deletes(source))));
    text.push_str(&indexes(source));
    text
}

/// A line for each relation, with an empty one after the last.
pub(super) fn sentences(source: &Source<'_>, relations: &[&Relation]) -> String {
    ended(relations.iter().map(|relation| format!("- {}\n", sentence(source, relation))).collect())
}

fn ended(lines: String) -> String {
    if lines.is_empty() { lines } else { format!("{lines}\n") }
}

/// One relation in words, from the parent to the child, as the diagrams have it.
fn sentence(source: &Source<'_>, relation: &Relation) -> String {
    let (child, parent) = (source.table(&relation.child), source.table(&relation.parent));
    let side = |table: &str, columns: &[String]| match columns {
        [column] => code(&format!("{table}.{column}")),
        columns => code(&format!("{table} ({})", columns.join(", "))),
    };
    let ends =
        format!("{} ← {}", side(&relation.parent, &relation.parent_columns), side(&relation.child, &relation.columns));
    let which = relation.when.as_ref().map(|when| format!(" where {}", sql(when))).unwrap_or_default();
    let one = if relation.is_optional && relation.when.is_none() { "one row or none" } else { "one row" };
    let (kind, counts) = match relation.cardinality {
        Cardinality::OneToOne => {
            ("1:1", format!("Each row of {child}{which} has {one} of {parent}, and no two have the same."))
        }
        Cardinality::ManyToOne => {
            ("1:N", format!("Each row of {child}{which} has {one} of {parent}, which may have any number of them."))
        }
        Cardinality::ManyToMany => (
            "N:M",
            format!("A row of {child}{which} may have any number of rows of {parent}, and the other way round."),
        ),
    };
    let held = match (&relation.enforced, &relation.why) {
        (Some(actions), _) => {
            let name = relation.name.as_ref().map(|name| format!(" {}", code(name))).unwrap_or_default();
            format!("Foreign key{name}, ON DELETE {}, ON UPDATE {}.", actions.on_delete, actions.on_update)
        }
        (None, why) => {
            format!("Not enforced by the database. {}", why.as_deref().unwrap_or_default()).trim_end().to_owned()
        }
    };
    let lost = if source.model.table(&relation.parent).is_none() { " There is no such table." } else { "" };
    format!("**{kind}** {ends}. {counts} {held}{lost}")
}

/// A line for each table that only ties two others together, of those that are wanted.
pub(super) fn junctions(source: &Source<'_>, is_wanted: impl Fn(&Relation) -> bool) -> String {
    let mut lines = String::new();
    for (one, other) in relations::junctions(source.model, &source.relations) {
        if is_wanted(one) || is_wanted(other) {
            let _ = writeln!(
                lines,
                "- **N:M** {} and {}, through {} ({} and {}).",
                source.table(&one.parent),
                source.table(&other.parent),
                source.table(&one.child),
                codes(&one.columns),
                codes(&other.columns)
            );
        }
    }
    ended(lines)
}

/// What deleting a row of the table does elsewhere, in a sentence; empty when it does nothing.
pub(super) fn consequence(source: &Source<'_>, table: &str) -> String {
    let all = relations::consequences(source.model, table);
    let of = |action: &str| -> Vec<String> {
        let found = all.iter().filter(|consequence| consequence.action == action);
        found
            // The table before is enough: how it is reached itself is said as well.
            .map(|consequence| match consequence.through.last() {
                None => code(&consequence.table),
                Some(before) => format!("{} (through {})", code(&consequence.table), code(before)),
            })
            .collect()
    };
    let mut parts = Vec::new();
    for (action, verb) in [
        ("CASCADE", "deletes its rows in"),
        ("SET NULL", "empties the reference in"),
        ("SET DEFAULT", "puts the default into the reference in"),
    ] {
        let tables = of(action);
        if !tables.is_empty() {
            parts.push(format!("{verb} {}", list(&tables)));
        }
    }
    let mut sentences = Vec::new();
    if !parts.is_empty() {
        sentences.push(format!("Deleting a row of {} {}.", code(table), list(&parts)));
    }
    let refused = [of("RESTRICT"), of("NO ACTION")].concat();
    if !refused.is_empty() {
        sentences.push(format!(
            "A row of {} can not be deleted while rows of {} refer to it.",
            code(table),
            list(&refused)
        ));
    }
    let stay = left_behind(source, table);
    if !stay.is_empty() {
        sentences.push(format!(
            "No foreign key reaches what refers to {} in {}: it stays, unless the program deletes it.",
            code(table),
            list(&stay)
        ));
    }
    sentences.join(" ")
}

/// The tables that refer to this one only in ways that the database does not know.
fn left_behind(source: &Source<'_>, table: &str) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for relation in source.relations.iter().filter(|relation| relation.parent == table && relation.child != table) {
        let child = relation.child.as_str();
        let is_reached = source
            .relations
            .iter()
            .any(|other| other.enforced.is_some() && other.child == child && other.parent == table);
        if !is_reached && !names.contains(&child) {
            names.push(child);
        }
    }
    names.into_iter().map(code).collect()
}

fn deletes(source: &Source<'_>) -> String {
    let sentences = source.model.tables.iter().map(|table| consequence(source, &table.name));
    let lines: String = sentences.filter(|text| !text.is_empty()).map(|text| format!("- {text}\n")).collect();
    if lines.is_empty() { lines } else { format!("{lines}- No relation is touched by a delete in any other table.\n") }
}

fn indexes(source: &Source<'_>) -> String {
    let mut rows = Vec::new();
    for table in source.model.tables.iter().filter(|table| table.kind == Kind::Table) {
        rows.extend(objects::indexes(table).map(|index| index_row(source, table, index)));
    }
    let about = "Those without a name of their own belong to a primary key or a unique constraint.\n\n";
    let grid = grid(&["table", "index", "columns", "unique", "purpose"], &rows);
    if grid.is_empty() { String::new() } else { headed("## All indexes", &format!("{about}{grid}")) }
}

fn index_row(source: &Source<'_>, table: &Table, index: &Index) -> Vec<String> {
    let (name, purpose) = match objects::constraint_of(index) {
        Some(key) => (key.clone(), source.notes.constraint(&table.name, &key)),
        None => (code(&index.name), source.notes.index(&table.name, &index.name)),
    };
    let is_unique = unique(index.unique, index.condition.as_deref());
    vec![source.table(&table.name), name, codes(&index.columns), is_unique, purpose.to_owned()]
}
