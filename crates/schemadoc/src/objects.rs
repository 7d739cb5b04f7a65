//! The parts of a table as notes and findings name them.

use crate::model::{Check, Index, Table};
use crate::sql::constraints::columns_of;

/// What a primary key is called.
const PRIMARY: &str = "primary key";

/// A constraint that is no named index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// `primary key`, `unique (a, b)`, `check (a)` or `foreign key (a)`; a second one alike has ` #2` at its end.
    pub key: String,
    /// What it demands, as SQL.
    pub definition: String,
    /// `CONSTRAINT name`.
    pub name: Option<String>,
}

/// Those of a table: primary key, unique, checks, foreign keys.
pub fn constraints(table: &Table) -> Vec<Constraint> {
    let mut found: Vec<Constraint> = Vec::new();
    let mut add = |key: String, definition: String, name: Option<String>| {
        let alike = found.iter().filter(|known| known.key == key || known.key.starts_with(&format!("{key} #"))).count();
        let key = if alike == 0 { key } else { format!("{key} #{}", alike + 1) };
        found.push(Constraint { key, definition, name });
    };
    let primary = primary_key(table);
    if !primary.is_empty() {
        add(PRIMARY.to_owned(), format!("PRIMARY KEY ({})", primary.join(", ")), table.primary_key_name.clone());
    }
    for index in table.indexes.iter().filter(|index| index.origin == "u") {
        let columns = index.columns.join(", ");
        add(format!("unique ({columns})"), format!("UNIQUE ({columns})"), index.constraint.clone());
    }
    for check in &table.checks {
        let columns = columns_of_check(table, check).join(", ");
        add(format!("check ({columns})"), format!("CHECK ({})", check.expression), check.name.clone());
    }
    for key in &table.foreign_keys {
        let columns = key.columns.join(", ");
        let definition = format!(
            "FOREIGN KEY ({columns}) REFERENCES {} ({}) ON DELETE {} ON UPDATE {}",
            key.parent,
            key.parent_columns.join(", "),
            key.on_delete,
            key.on_update
        );
        add(format!("foreign key ({columns})"), definition, key.name.clone());
    }
    found
}

/// The columns that a check is about.
pub fn columns_of_check(table: &Table, check: &Check) -> Vec<String> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    columns_of(&check.expression, &names)
}

/// The primary key's columns in its order.
pub fn primary_key(table: &Table) -> Vec<String> {
    let mut columns: Vec<_> = table.columns.iter().filter(|column| column.primary_key > 0).collect();
    columns.sort_by_key(|column| column.primary_key);
    columns.into_iter().map(|column| column.name.clone()).collect()
}

/// All indexes, those with a name of their own first.
pub fn indexes(table: &Table) -> impl Iterator<Item = &Index> {
    named_indexes(table).chain(table.indexes.iter().filter(|index| index.origin != "c"))
}

/// The key of the [`Constraint`] that an index belongs to.
pub fn constraint_of(index: &Index) -> Option<String> {
    match index.origin.as_str() {
        "pk" => Some(PRIMARY.to_owned()),
        "u" => Some(format!("unique ({})", index.columns.join(", "))),
        _ => None,
    }
}

/// The indexes that have a name of their own.
pub fn named_indexes(table: &Table) -> impl Iterator<Item = &Index> {
    table.indexes.iter().filter(|index| index.origin == "c")
}
