//! What is known of a schema: the shape of `schemadoc json`, which is a contract. Types, defaults and origins read
//! as SQLite's PRAGMAs give them (<https://sqlite.org/pragma.html>), or as PostgreSQL prints them.

use std::fmt;

use serde::{Serialize, Serializer};

/// A whole schema, and the migrations that it comes from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Model {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// By name. SQLite's own tables and the shadow tables of virtual ones are left out.
    pub tables: Vec<Table>,
    /// In the order in which they were applied.
    pub migrations: Vec<Migration>,
    /// What was noticed on the way and stopped nothing.
    pub warnings: Vec<Warning>,
}

/// A table, a view or a virtual table.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Declared `STRICT`.
    pub strict: bool,
    /// Declared `WITHOUT ROWID`.
    pub without_rowid: bool,
    /// In the order of the table.
    pub columns: Vec<Column>,
    /// In the order of the table's definition.
    pub foreign_keys: Vec<ForeignKey>,
    /// By name.
    pub indexes: Vec<Index>,
    /// In the order of the table's definition.
    pub checks: Vec<Check>,
    /// By name.
    pub triggers: Vec<Trigger>,
    /// `CONSTRAINT name` of the PRIMARY KEY.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_key_name: Option<String>,
    /// What the migrations put into it, in the order of the columns.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Where it comes from.
    #[serde(flatten)]
    pub history: History,
    /// The statement that would make it, as SQLite keeps it. PostgreSQL has none for a table.
    pub sql: String,
}

/// What a [`Table`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Holds rows.
    Table,
    /// Shows rows of others.
    View,
    /// Is made by a module, such as FTS5.
    Virtual,
}

/// A column.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// As declared; empty when it is not.
    #[serde(rename = "type")]
    pub declared_type: String,
    /// Declared `NOT NULL`.
    pub not_null: bool,
    /// The expression, as it stands in the statement.
    pub default: Option<String>,
    /// Its place in the primary key, from 1; 0 when it is not in it.
    pub primary_key: u32,
    /// How it is computed.
    pub generated: Option<Generated>,
    /// The expression that it is computed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// How its texts are compared, when declared with `COLLATE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Where it comes from.
    #[serde(flatten)]
    pub history: History,
}

/// How a column is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Generated {
    /// Whenever it is read.
    Virtual,
    /// When the row is written.
    Stored,
}

impl Generated {
    /// `virtual` or `stored`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Stored => "stored",
        }
    }
}

/// A foreign key, whole: a composite one has several columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForeignKey {
    /// `CONSTRAINT name`.
    pub name: Option<String>,
    /// The columns here.
    pub columns: Vec<String>,
    /// The other table.
    pub parent: String,
    /// The columns there; its primary key's when none are named.
    pub parent_columns: Vec<String>,
    /// `NO ACTION`, `RESTRICT`, `SET NULL`, `SET DEFAULT` or `CASCADE`.
    pub on_delete: String,
    /// Likewise.
    pub on_update: String,
    /// The parent table is not there.
    pub dangling: bool,
    /// Where it comes from.
    #[serde(flatten)]
    pub history: History,
}

/// An index.
#[derive(Clone, Debug, Serialize)]
pub struct Index {
    /// Its name; SQLite's own for one that belongs to a constraint.
    pub name: String,
    /// No two rows may agree in its columns (of those that `where` names).
    pub unique: bool,
    /// Columns or expressions.
    pub columns: Vec<String>,
    /// The condition of a partial index.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// `c`: made by CREATE INDEX; `u`: by UNIQUE; `pk`: by PRIMARY KEY.
    pub origin: String,
    /// `CONSTRAINT name` of the UNIQUE or PRIMARY KEY that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// Where it comes from.
    #[serde(flatten)]
    pub history: History,
}

/// A CHECK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `CONSTRAINT name`.
    pub name: Option<String>,
    /// What must hold.
    pub expression: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub history: History,
}

/// A trigger.
#[derive(Clone, Debug, Serialize)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The statement.
    pub sql: String,
}

/// A migration file.
#[derive(Clone, Debug, Serialize)]
pub struct Migration {
    /// The path inside of the migrations' folder.
    pub file: String,
    /// Of the whole file, in lower-case hexadecimal.
    pub sha256: String,
}

/// Something that a reader should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The path inside of the migrations' folder.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// A sentence.
    pub text: String,
}

/// Where something comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// Where it was made.
    pub introduced: Place,
    /// Where it was last made different.
    pub changed: Option<Place>,
    /// Where its table was last made anew and filled from the old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<Place>,
    /// Its former names, the last one last, and where each was given up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<Renamed>,
}

/// A name that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// The former name.
    pub from: String,
    /// Where.
    pub at: Place,
}

/// A line of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The path inside of the migrations' folder.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl History {
    /// Of something that was made here.
    pub fn made_at(place: &Place) -> Self {
        Self { introduced: place.clone(), ..Self::default() }
    }
}

impl Model {
    /// The table of this name; names are compared as SQLite does.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }
}
