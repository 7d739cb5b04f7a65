//! Mermaid ER diagrams (<https://mermaid.js.org/syntax/entityRelationshipDiagram.html>): solid lines are foreign keys,
//! dashed ones are not enforced.

use std::fmt::Write as _;

use crate::model::{Kind, Model, Table};
use crate::relations::{Cardinality, Relation};

/// How much a diagram says of each table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Its name.
    Names,
    /// The columns that are keys.
    Keys,
}

/// A diagram of these tables, and of the relations between them. Tables outside of `tables` that they refer to are
/// drawn without columns.
pub(super) fn diagram(model: &Model, relations: &[Relation], tables: &[&str], detail: Detail) -> String {
    let is_in = |name: &str| tables.iter().any(|table| table.eq_ignore_ascii_case(name));
    let mut text = "```mermaid\nerDiagram\n".to_owned();
    for table in model.tables.iter().filter(|table| table.kind != Kind::View && is_in(&table.name)) {
        text.push_str(&entity(table, relations, detail));
    }
    // What refers to these tables from outside is drawn where the other table is.
    for relation in relations.iter().filter(|relation| is_in(&relation.child)) {
        let _ = writeln!(text, "    {}", line(relation));
    }
    text.push_str("```\n\n");
    text
}

fn entity(table: &Table, relations: &[Relation], detail: Detail) -> String {
    let name = quoted(&table.name);
    let refers = |column: &str| {
        relations
            .iter()
            .any(|relation| relation.child == table.name && relation.columns.iter().any(|own| own == column))
    };
    let mut text = String::new();
    for column in &table.columns {
        let keys: Vec<&str> = [("PK", column.primary_key > 0), ("FK", refers(&column.name))]
            .iter()
            .filter(|key| key.1)
            .map(|key| key.0)
            .collect();
        if !keys.is_empty() {
            let kind = word(if column.declared_type.is_empty() { "ANY" } else { &column.declared_type });
            let _ = writeln!(text, "        {kind} {} {}", word(&column.name), keys.join(", "));
        }
    }
    if text.is_empty() || detail == Detail::Names {
        format!("    {name}\n")
    } else {
        format!("    {name} {{\n{text}    }}\n")
    }
}

/// From the parent to the child, as people read it.
fn line(relation: &Relation) -> String {
    let (parent, child) = match relation.cardinality {
        Cardinality::OneToOne => (if relation.is_optional { "|o" } else { "||" }, "o|"),
        Cardinality::ManyToOne => (if relation.is_optional { "|o" } else { "||" }, "o{"),
        Cardinality::ManyToMany => ("}o", "o{"),
    };
    let stroke = if relation.enforced.is_some() { "--" } else { ".." };
    let label = relation.columns.join(", ");
    format!("{} {parent}{stroke}{child} {} : \"{label}\"", quoted(&relation.parent), quoted(&relation.child))
}

fn quoted(name: &str) -> String {
    let is_plain = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "'")) }
}

/// Mermaid's words have no blanks and begin with a letter.
fn word(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) { text } else { format!("c_{text}") }
}
