//! Mermaid ER diagrams (<https://mermaid.js.org/syntax/entityRelationshipDiagram.html>): solid lines are foreign keys,
//! dashed ones are not enforced.

use std::fmt::Write as _;

use crate::model::{Kind, Model, Table};
use crate::objects::primary_key;
use crate::relations::{Cardinality, Relation};

/// Mermaid 12 lets a line hop over one that it crosses, and a dashed line that does so is drawn solid. Other versions do
/// not know the setting.
const HEAD: &str = "---
config:
  elk:
    lineHops: false
---
erDiagram
";

/// How much a diagram says of each table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Its name.
    Names,
    /// The columns that are keys.
    Keys,
}

/// A diagram of these tables and of what they refer to. Tables outside of `tables` are drawn without columns; what
/// refers to these tables from outside is left to the diagram of its own domain, so that each stays readable.
pub(super) fn diagram(model: &Model, relations: &[Relation], tables: &[&str], detail: Detail) -> String {
    let is_in = |name: &str| tables.iter().any(|table| table.eq_ignore_ascii_case(name));
    let mut text = format!("```mermaid\n{HEAD}");
    if detail == Detail::Names {
        // Many tables without columns are narrow and many: beside each other they would have to be drawn small.
        text.push_str("    direction LR\n");
    }
    for table in model.tables.iter().filter(|table| table.kind != Kind::View && is_in(&table.name)) {
        text.push_str(&entity(table, relations, detail));
    }
    let mut drawn: Vec<&Relation> = relations.iter().filter(|relation| is_in(&relation.child)).collect();
    if detail == Detail::Names {
        drawn = one_a_pair(&drawn);
    }
    for relation in drawn {
        let _ = writeln!(text, "    {}", line(model, relation, detail));
    }
    text.push_str("```\n\n");
    text
}

/// Of several relations between two tables the first: a foreign key, if there is one.
fn one_a_pair<'a>(relations: &[&'a Relation]) -> Vec<&'a Relation> {
    let mut kept: Vec<&Relation> = Vec::new();
    for relation in relations {
        let is_alike = |known: &&Relation| known.child == relation.child && known.parent == relation.parent;
        if !kept.iter().any(is_alike) {
            kept.push(relation);
        }
    }
    kept
}

/// `FK` is said of foreign keys alone. Columns of other relations are shown without it.
fn entity(table: &Table, relations: &[Relation], detail: Detail) -> String {
    let name = quoted(&table.name);
    if detail == Detail::Names {
        return format!("    {name}\n");
    }
    let mut text = format!("    {name} {{\n");
    for column in &table.columns {
        let refers: Vec<&Relation> = relations
            .iter()
            .filter(|relation| relation.child == table.name && relation.columns.contains(&column.name))
            .collect();
        if column.primary_key == 0 && refers.is_empty() {
            continue;
        }
        let is_foreign = refers.iter().any(|relation| relation.enforced.is_some());
        let keys = match (column.primary_key > 0, is_foreign) {
            (true, true) => " PK, FK",
            (true, false) => " PK",
            (false, true) => " FK",
            (false, false) => "",
        };
        let kind = word(if column.declared_type.is_empty() { "ANY" } else { &column.declared_type });
        let _ = writeln!(text, "        {kind} {}{keys}", word(&column.name));
    }
    text.push_str("    }\n");
    text
}

/// From the parent to the child, as people read it. What is named by something else than its primary key is named.
fn line(model: &Model, relation: &Relation, detail: Detail) -> String {
    let (parent, child) = match relation.cardinality {
        Cardinality::OneToOne => (if relation.is_optional { "|o" } else { "||" }, "o|"),
        Cardinality::ManyToOne => (if relation.is_optional { "|o" } else { "||" }, "o{"),
        Cardinality::ManyToMany => ("}o", "o{"),
    };
    let stroke = if relation.enforced.is_some() { "--" } else { ".." };
    let is_usual = model.table(&relation.parent).is_none_or(|table| primary_key(table) == relation.parent_columns);
    let label = match detail {
        Detail::Names => String::new(),
        Detail::Keys if is_usual => relation.columns.join(", "),
        Detail::Keys => format!("{} → {}", relation.columns.join(", "), relation.parent_columns.join(", ")),
    };
    format!("{} {parent}{stroke}{child} {} : {}", quoted(&relation.parent), quoted(&relation.child), quoted(&label))
}

/// Quoted, a name may hold blanks, and be a word of Mermaid's own, such as `end`.
fn quoted(name: &str) -> String {
    let is_refused = |character: char| matches!(character, '"' | '%' | '\\') || character.is_control();
    format!("\"{}\"", name.replace(is_refused, "_"))
}

/// Mermaid's words have no blanks and begin with a letter.
fn word(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) { text } else { format!("c_{text}") }
}
