//! Reads back what SQLite has: one table at a time, by the PRAGMAs, and by the stored statement for what they leave out.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value;

use super::carry::same_names;
use super::database::message;
use super::hexadecimal;
use super::history::Schema;
use crate::model::{Check, Column, ForeignKey, Generated, History, Index, Kind, Table, Trigger};
use crate::objects::primary_key;
use crate::sql::constraints::{self, Constraints, NamedCheck};

/// How many rows of a table are documented.
pub const ROWS: usize = 200;

impl Schema for Connection {
    type Error = rusqlite::Error;

    fn names(&self) -> rusqlite::Result<Vec<String>> {
        names(self)
    }

    fn table(&self, name: &str) -> rusqlite::Result<Option<Table>> {
        table(self, name)
    }

    fn stale(&self, known: &HashMap<String, Table>) -> rusqlite::Result<Vec<String>> {
        let now = statements(self)?;
        let is_stale = |(key, table): &(&String, &Table)| now.get(*key) != Some(&statements_of(table));
        Ok(known.iter().filter(is_stale).map(|(key, _)| key.clone()).collect())
    }
}

/// The names of the tables and views, without SQLite's own and the shadows of virtual tables.
fn names(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow'
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    connection.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect()
}

/// The statements of each table or view, with those of its triggers, by its name in lower case.
fn statements(connection: &Connection) -> rusqlite::Result<HashMap<String, String>> {
    let sql = "SELECT lower(tbl_name), sql FROM sqlite_schema WHERE type IN ('table', 'view', 'trigger')
               ORDER BY type = 'trigger', name";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut all: HashMap<String, String> = HashMap::new();
    while let Some(row) = rows.next()? {
        all.entry(row.get(0)?).or_default().push_str(row.get_ref(1)?.as_str()?);
    }
    Ok(all)
}

/// The same, of a table as it was last read.
fn statements_of(table: &Table) -> String {
    table.triggers.iter().fold(table.sql.clone(), |all, trigger| all + &trigger.sql)
}

/// The table as it is now, without rows and history. `None`: there is none of this name, or it is not documented.
fn table(connection: &Connection, name: &str) -> rusqlite::Result<Option<Table>> {
    let sql = "SELECT l.name, l.type, l.strict, l.wr, s.sql FROM pragma_table_list(?1) l
               LEFT JOIN sqlite_schema s ON s.name = l.name AND s.type IN ('table', 'view')
               WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let head = |row: &Row<'_>| {
        let kind: String = row.get(1)?;
        Ok((row.get::<_, String>(0)?, kind, row.get(2)?, row.get(3)?, row.get::<_, Option<String>>(4)?))
    };
    let Some((name, kind, strict, without_rowid, sql)) =
        connection.prepare_cached(sql)?.query_row([name], head).optional()?
    else {
        return Ok(None);
    };
    let kind = match kind.as_str() {
        "table" => Kind::Table,
        "view" => Kind::View,
        "virtual" => Kind::Virtual,
        _ => return Ok(None),
    };
    let sql = sql.unwrap_or_default();
    let found = if kind == Kind::Table { constraints::read(&sql) } else { Constraints::default() };
    let columns = match columns(connection, &name, &found) {
        // Its tables may come later.
        Err(_) if kind == Kind::View => Vec::new(),
        other => other?,
    };
    Ok(Some(Table {
        columns,
        foreign_keys: foreign_keys(connection, &name, &found)?,
        indexes: indexes(connection, &name, &found)?,
        triggers: triggers(connection, &name)?,
        primary_key_name: found.keys.iter().find(|key| key.is_primary).and_then(|key| key.name.clone()),
        checks: found.checks.into_iter().map(check).collect(),
        rows: Vec::new(),
        history: History::default(),
        kind,
        strict,
        without_rowid,
        sql,
        name,
    }))
}

fn check(found: NamedCheck) -> Check {
    Check { name: found.name, expression: found.expression, history: History::default() }
}

fn columns(connection: &Connection, table: &str, found: &Constraints) -> rusqlite::Result<Vec<Column>> {
    let sql =
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1";
    let read = |row: &Row<'_>| {
        let name: String = row.get(0)?;
        let generated = match row.get::<_, u32>(5)? {
            2 => Some(Generated::Virtual),
            3 => Some(Generated::Stored),
            _ => None,
        };
        let of = |all: &[(String, String)]| {
            all.iter().find(|(column, _)| column.eq_ignore_ascii_case(&name)).map(|(_, text)| text.clone())
        };
        Ok(Column {
            declared_type: row.get(1)?,
            not_null: row.get(2)?,
            default: row.get(3)?,
            primary_key: row.get(4)?,
            expression: of(&found.generated).filter(|_| generated.is_some()),
            collation: of(&found.collations),
            generated,
            history: History::default(),
            name,
        })
    };
    connection.prepare_cached(sql)?.query_map([table], read)?.collect()
}

/// SQLite numbers them from the last one on.
fn foreign_keys(connection: &Connection, table: &str, found: &Constraints) -> rusqlite::Result<Vec<ForeignKey>> {
    let sql = "SELECT id, \"table\", \"from\", \"to\", on_delete, on_update FROM pragma_foreign_key_list(?1, 'main')
               ORDER BY id DESC, seq";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([table])?;
    let mut keys: Vec<ForeignKey> = Vec::new();
    let mut last = None;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if last.replace(id) != Some(id) {
            keys.push(ForeignKey {
                name: found.foreign_keys.get(keys.len()).and_then(|key| key.name.clone()),
                columns: Vec::new(),
                parent: row.get(1)?,
                parent_columns: Vec::new(),
                on_delete: row.get(4)?,
                on_update: row.get(5)?,
                dangling: false,
                history: History::default(),
            });
        }
        if let Some(key) = keys.last_mut() {
            key.columns.push(row.get(2)?);
            key.parent_columns.extend(row.get::<_, Option<String>>(3)?);
        }
    }
    Ok(keys)
}

fn indexes(connection: &Connection, table: &str, constraints: &Constraints) -> rusqlite::Result<Vec<Index>> {
    let sql = "SELECT l.name, l.\"unique\", l.origin, l.partial, s.sql FROM pragma_index_list(?1, 'main') l
               LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name ORDER BY l.name";
    let read = |row: &Row<'_>| {
        let (name, sql): (String, Option<String>) = (row.get(0)?, row.get(4)?);
        Ok((name, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, bool>(3)?, sql.unwrap_or_default()))
    };
    let mut statement = connection.prepare_cached(sql)?;
    let found: Vec<_> = statement.query_map([table], read)?.collect::<rusqlite::Result<_>>()?;
    let index = |(name, unique, origin, is_partial, sql): (String, bool, String, bool, String)| {
        let (expressions, condition) = constraints::index(&sql);
        let columns = index_columns(connection, &name, &expressions)?;
        let condition = condition.filter(|_| is_partial);
        let key =
            (origin != "c").then(|| constraints.keys.iter().find(|key| same_names(&key.columns, &columns))).flatten();
        let constraint = key.and_then(|key| key.name.clone());
        Ok(Index { name, unique, columns, condition, origin, constraint, history: History::default() })
    };
    found.into_iter().map(index).collect()
}

/// An expression has no name of its own.
fn index_columns(connection: &Connection, index: &str, expressions: &[String]) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM pragma_index_xinfo(?1, 'main') WHERE key = 1 ORDER BY seqno";
    let mut statement = connection.prepare_cached(sql)?;
    let names: Vec<Option<String>> =
        statement.query_map([index], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let named = |(at, name): (usize, Option<String>)| name.or_else(|| expressions.get(at).cloned()).unwrap_or_default();
    Ok(names.into_iter().enumerate().map(named).collect())
}

fn triggers(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Trigger>> {
    let sql =
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY name";
    let read = |row: &Row<'_>| Ok(Trigger { name: row.get(0)?, sql: row.get(1)? });
    connection.prepare_cached(sql)?.query_map([table], read)?.collect()
}

/// What only the finished schema knows: the rows, whether a foreign key's parent is there and which columns it means, and
/// whether a view can be read. Returns what a reader should know.
pub(super) fn complete(connection: &Connection, table: &mut Table) -> rusqlite::Result<Option<String>> {
    for key in &mut table.foreign_keys {
        let parent = self::table(connection, &key.parent)?;
        key.dangling = parent.is_none();
        if key.parent_columns.is_empty()
            && let Some(parent) = parent
        {
            key.parent_columns = primary_key(&parent);
        }
    }
    let sql = format!("SELECT * FROM main.\"{}\" LIMIT {ROWS}", table.name.replace('"', "\"\""));
    match table.kind {
        Kind::Table => {
            let mut statement = connection.prepare(&sql)?;
            let count = statement.column_count();
            let read = |row: &Row<'_>| (0..count).map(|at| Ok(json(row.get_ref(at)?))).collect();
            table.rows = statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
        }
        Kind::View => {
            if let Err(error) = connection.prepare(&sql) {
                return Ok(Some(format!("The view {} can not be read: {}.", table.name, message(&error))));
            }
        }
        Kind::Virtual => {}
    }
    Ok(None)
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => integer.into(),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(bytes) => str::from_utf8(bytes).map_or_else(|_| blob(bytes), Value::from),
        ValueRef::Blob(bytes) => blob(bytes),
    }
}

/// As SQL writes a blob.
fn blob(bytes: &[u8]) -> Value {
    format!("x'{}'", hexadecimal(bytes)).into()
}
