//! `relationships.md`, and the sentences about relations that tables' pages have, too.

use std::fmt::Write as _;

use super::Source;
use super::diagram::{Detail, diagram};
use super::markdown::{code, codes, list, table as grid};
use super::table::unique;
use crate::model::{Kind, Model};
use crate::objects;
use crate::relations::{self, Cardinality, Relation};

/// The whole page.
pub(super) fn page(source: &Source<'_>) -> String {
    let mut text =
        "# Relationships\n\nA solid line is a foreign key. A dashed one is not enforced by the database.\n\n"
            .to_owned();
    text.push_str(
        "## All tables\n\nTwo tables have one line, however many relations: a foreign key, if there is one. ",
    );
    text.push_str("The diagrams further down show every relation, each in the part whose table refers.\n\n");
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
    text.push_str("## Each relation\n\n");
    for relation in &source.relations {
        let _ = writeln!(text, "- {}", sentence(relation, "tables/"));
    }
    for (table, one, other) in relations::junctions(source.model) {
        let _ = writeln!(text, "- N:M: `{}` ties `{}` and `{}` together.", table.name, one.parent, other.parent);
    }
    text.push_str(&cascades(source.model));
    text.push_str(&indexes(source));
    text
}

/// One relation in words. `pages`: where the tables' pages are from here.
pub(super) fn sentence(relation: &Relation, pages: &str) -> String {
    let side = |table: &str, columns: &[String]| code(&format!("{table}.{}", columns.join(", ")));
    let optional = if relation.is_optional { ", or none" } else { "" };
    let many = match relation.cardinality {
        Cardinality::OneToOne => "at most one row",
        Cardinality::ManyToOne | Cardinality::ManyToMany => "any number of rows",
    };
    let mut text = format!(
        "**{}** {} → {}: a row of [{child}]({pages}{child}.md) has one of [{parent}]({pages}{parent}.md){optional}, which has {many} here.",
        relation.cardinality.as_str(),
        side(&relation.child, &relation.columns),
        side(&relation.parent, &relation.parent_columns),
        child = relation.child,
        parent = relation.parent,
    );
    match &relation.enforced {
        Some(actions) => {
            let _ = write!(text, " Foreign key, ON DELETE {}, ON UPDATE {}.", actions.on_delete, actions.on_update);
        }
        None => text.push_str(" Not enforced."),
    }
    if let Some(when) = &relation.when {
        let _ = write!(text, " Holds where {}.", code(when));
    }
    if let Some(why) = &relation.why {
        let _ = write!(text, " {why}");
    }
    text
}

/// What deleting a row of the table does elsewhere, in a sentence; empty when it does nothing.
pub(super) fn consequence(model: &Model, table: &str) -> String {
    let all = relations::consequences(model, table);
    let of = |action: &str| -> Vec<String> {
        let found = all.iter().filter(|consequence| consequence.action == action);
        found
            .map(|consequence| match consequence.through.as_slice() {
                [] => format!("`{}`", consequence.table),
                through => format!("`{}` (through {})", consequence.table, codes(through)),
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
    let mut text =
        if parts.is_empty() { String::new() } else { format!("Deleting a row of `{table}` {}.", list(&parts)) };
    let refused: Vec<String> = [of("RESTRICT"), of("NO ACTION")].concat();
    if !refused.is_empty() {
        let blank = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{blank}A row of `{table}` can not be deleted while {} refer to it.", list(&refused));
    }
    text
}

fn cascades(model: &Model) -> String {
    let lines = model.tables.iter().map(|table| consequence(model, &table.name)).filter(|text| !text.is_empty());
    let lines: String = lines.map(|text| format!("- {text}\n")).collect();
    if lines.is_empty() { String::new() } else { format!("\n## What a delete does\n\n{lines}") }
}

fn indexes(source: &Source<'_>) -> String {
    let mut rows = Vec::new();
    for table in source.model.tables.iter().filter(|table| table.kind == Kind::Table) {
        for index in objects::named_indexes(table) {
            rows.push(vec![
                format!("[{0}](tables/{0}.md)", table.name),
                code(&index.name),
                codes(&index.columns),
                unique(index.unique, index.condition.as_deref()),
                source.index_purpose(&table.name, &index.name),
            ]);
        }
    }
    let grid = grid(&["table", "index", "columns", "unique", "purpose"], &rows);
    if grid.is_empty() { String::new() } else { format!("\n## All indexes\n\n{grid}") }
}
