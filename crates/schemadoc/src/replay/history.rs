//! Where everything comes from. A table that is rebuilt (a new one is made and filled, the old one dropped, the name
//! moved) is still the same table: its columns keep their origin.

use std::collections::HashMap;

use rusqlite::Connection;

use super::database::Touched;
use super::snapshot;
use crate::model::{Column, History, Index, Kind, Place, Renamed, Table};

/// The tables as they are, with their histories.
#[derive(Default)]
pub(super) struct Histories {
    /// By name in lower case.
    tables: HashMap<String, Table>,
    /// What this file has dropped.
    dropped: HashMap<String, Table>,
    /// Indexes that this file has dropped, with their tables or alone.
    dropped_indexes: HashMap<String, Index>,
    /// New name and old name, both in lower case, of what this file has renamed.
    renamed: HashMap<String, String>,
}

impl Histories {
    /// Looks at what a statement has touched.
    pub(super) fn observe(&mut self, connection: &Connection, touched: &[Touched], at: &Place) -> rusqlite::Result<()> {
        for one in touched {
            let (Touched::Table(name) | Touched::Altered(name)) = one;
            let now = snapshot::table(connection, name)?;
            let is_gone = now.is_none();
            match (self.tables.remove(&key(name)), now) {
                (None, None) => {}
                (None, Some(now)) => self.made(now, at),
                (Some(before), Some(now)) => {
                    self.remember_indexes(&before, &now);
                    self.keep(changed(&before, now, at));
                }
                (Some(before), None) if matches!(one, Touched::Altered(_)) => {
                    self.moved(connection, before, at)?;
                }
                (Some(before), None) => self.gone(before),
            }
            if is_gone && matches!(one, Touched::Altered(_)) {
                self.refresh(connection, at)?;
            }
        }
        Ok(())
    }

    /// What belongs together stands in one file.
    pub(super) fn end_file(&mut self) {
        self.dropped.clear();
        self.dropped_indexes.clear();
        self.renamed.clear();
    }

    /// All, by name.
    pub(super) fn into_tables(self) -> Vec<Table> {
        let mut tables: Vec<Table> = self.tables.into_values().collect();
        tables.sort_by(|one, other| one.name.cmp(&other.name));
        tables
    }

    fn keep(&mut self, mut table: Table) {
        for index in &mut table.indexes {
            let is_new = index.history.changed.is_none();
            if let Some(before) = self.dropped_indexes.remove(&key(&index.name))
                && is_new
            {
                let at = index.history.introduced.clone();
                index.history = before.history.clone();
                if !is_same_index(&before, index) {
                    index.history.changed = Some(at);
                }
            }
        }
        self.tables.insert(key(&table.name), table);
    }

    /// Those that a DROP INDEX has taken; they may come back changed.
    fn remember_indexes(&mut self, before: &Table, now: &Table) {
        let is_gone = |index: &&Index| !now.indexes.iter().any(|kept| kept.name.eq_ignore_ascii_case(&index.name));
        for index in before.indexes.iter().filter(is_gone) {
            self.dropped_indexes.insert(key(&index.name), index.clone());
        }
    }

    fn made(&mut self, now: Table, at: &Place) {
        let made = introduced(now, at);
        let table = match self.dropped.remove(&key(&made.name)) {
            Some(before) => rebuilt(&before, made),
            None => made,
        };
        self.keep(table);
    }

    fn gone(&mut self, before: Table) {
        for index in &before.indexes {
            self.dropped_indexes.insert(key(&index.name), index.clone());
        }
        // It had been renamed to make room for a new table, which now is it.
        let room_for = self.renamed.remove(&key(&before.name));
        if let Some(now) = room_for.and_then(|name| self.tables.remove(&name)) {
            let mut before = before;
            before.history.renamed.pop();
            self.keep(rebuilt(&before, now));
        } else {
            self.dropped.insert(key(&before.name), before);
        }
    }

    /// The table has another name now: that of the one table that was not there before.
    fn moved(&mut self, connection: &Connection, before: Table, at: &Place) -> rusqlite::Result<()> {
        for name in snapshot::names(connection)? {
            if self.tables.contains_key(&key(&name)) {
                continue;
            }
            let Some(now) = snapshot::table(connection, &name)? else { continue };
            let mut now = changed(&before, now, at);
            if let Some(old) = self.dropped.remove(&key(&name)) {
                now = rebuilt(&old, now);
            } else {
                now.history.renamed.push(Renamed { from: before.name.clone(), at: at.clone() });
                self.renamed.insert(key(&name), key(&before.name));
            }
            self.keep(now);
            return Ok(());
        }
        Ok(())
    }

    /// Other tables say the new name.
    fn refresh(&mut self, connection: &Connection, at: &Place) -> rusqlite::Result<()> {
        let names: Vec<String> = self.tables.values().map(|table| table.name.clone()).collect();
        for name in names {
            if let Some(now) = snapshot::table(connection, &name)?
                && let Some(before) = self.tables.remove(&key(&name))
            {
                self.keep(changed(&before, now, at));
            }
        }
        Ok(())
    }
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Everything is new.
fn introduced(mut table: Table, at: &Place) -> Table {
    table.history = History::made_at(at);
    table.columns.iter_mut().for_each(|column| column.history = History::made_at(at));
    table.indexes.iter_mut().for_each(|index| index.history = History::made_at(at));
    table
}

/// The same table after a statement: what is different has changed here.
fn changed(before: &Table, now: Table, at: &Place) -> Table {
    let mut table = introduced(now, at);
    table.history = before.history.clone();
    if before.kind == Kind::View && before.sql != table.sql {
        table.history.changed = Some(at.clone());
    }
    let same_count = before.columns.len() == table.columns.len();
    let names: Vec<String> = table.columns.iter().map(|column| key(&column.name)).collect();
    for (place, column) in table.columns.iter_mut().enumerate() {
        let former = before.columns.iter().find(|former| former.name.eq_ignore_ascii_case(&column.name));
        // RENAME COLUMN leaves it where it was.
        let renamed = before.columns.get(place).filter(|former| same_count && !names.contains(&key(&former.name)));
        match (former, renamed) {
            (Some(former), _) => column.history = carried(former, column, at),
            (None, Some(former)) => {
                column.history = carried(former, column, at);
                column.history.renamed.push(Renamed { from: former.name.clone(), at: at.clone() });
            }
            (None, None) => {}
        }
    }
    carry_indexes(before, &mut table, at);
    table
}

/// The table `now`, which was made to take the place of `before`.
fn rebuilt(before: &Table, now: Table) -> Table {
    let at = now.history.introduced.clone();
    let mut table = now;
    if before.kind != Kind::Table || table.kind != Kind::Table {
        table.history = History { changed: Some(at), ..before.history.clone() };
        return table;
    }
    table.history = History { rebuilt: Some(at.clone()), ..before.history.clone() };
    for column in &mut table.columns {
        if let Some(former) = before.columns.iter().find(|former| former.name.eq_ignore_ascii_case(&column.name)) {
            column.history = carried(former, column, &at);
        }
    }
    carry_indexes(before, &mut table, &at);
    table
}

fn carried(former: &Column, column: &Column, at: &Place) -> History {
    let is_same = former.declared_type.eq_ignore_ascii_case(&column.declared_type)
        && former.not_null == column.not_null
        && former.default == column.default
        && former.primary_key == column.primary_key
        && former.generated == column.generated
        && former.expression == column.expression;
    let mut history = former.history.clone();
    if !is_same {
        history.changed = Some(at.clone());
    }
    history
}

/// Those that belong to constraints have names of SQLite's, which change with the table's.
fn carry_indexes(before: &Table, table: &mut Table, at: &Place) {
    for index in &mut table.indexes {
        let former = before.indexes.iter().find(|former| {
            if index.origin == "c" {
                former.name.eq_ignore_ascii_case(&index.name)
            } else {
                former.origin == index.origin && former.columns == index.columns
            }
        });
        if let Some(former) = former {
            index.history = former.history.clone();
            if !is_same_index(former, index) {
                index.history.changed = Some(at.clone());
            }
        }
    }
}

fn is_same_index(one: &Index, other: &Index) -> bool {
    one.unique == other.unique && one.columns == other.columns && one.condition == other.condition
}
