//! Where everything comes from. A table that is rebuilt (a new one is made and filled, the old one dropped, the name
//! moved) is still the same table: its columns keep their origin.

use std::collections::HashMap;

use super::carry::{changed, introduced, rebuilt, take_over};
use super::database::Touched;
use crate::model::{Index, Kind, Place, Renamed, Table};
use crate::objects::named_indexes;

/// A schema as it is after a statement, on any engine.
pub(super) trait Schema {
    /// Why it can not be read.
    type Error;

    /// The names of its tables and views.
    fn names(&self) -> Result<Vec<String>, Self::Error>;

    /// The table of this name, without rows and history. `None`: there is none.
    fn table(&self, name: &str) -> Result<Option<Table>, Self::Error>;

    /// Which of these tables say another name after a rename of another one, that nothing else tells. The tables and the
    /// answer are by name in lower case.
    fn stale(&self, known: &HashMap<String, Table>) -> Result<Vec<String>, Self::Error>;
}

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
    pub(super) fn observe<S: Schema>(
        &mut self,
        schema: &S,
        touched: &[Touched],
        at: &Place,
        statement: &str,
    ) -> Result<(), S::Error> {
        if touched.is_empty() {
            return self.compare(schema, at);
        }
        for one in touched {
            let (Touched::Table(name) | Touched::Altered(name)) = one;
            let is_altered = matches!(one, Touched::Altered(_));
            match (self.tables.remove(&key(name)), schema.table(name)?) {
                (None, None) => {}
                (None, Some(now)) => self.made(introduced(now, at, statement)),
                (Some(before), Some(now)) => {
                    self.remember_indexes(&before, &now.indexes);
                    let now = changed(&before, now, at);
                    let is_renamed = renames(&before) < renames(&now);
                    self.keep(now);
                    if is_renamed {
                        self.refresh(schema, at)?;
                    }
                }
                (Some(before), None) if is_altered => {
                    self.moved(schema, before, at)?;
                    self.refresh(schema, at)?;
                }
                (Some(before), None) => self.gone(before),
            }
        }
        Ok(())
    }

    /// After a rename: looks at the tables whose statements say the new name.
    fn refresh<S: Schema>(&mut self, schema: &S, at: &Place) -> Result<(), S::Error> {
        for key in schema.stale(&self.tables)? {
            if let Some(now) = schema.table(&key)?
                && let Some(before) = self.tables.remove(&key)
            {
                self.keep(changed(&before, now, at));
            }
        }
        Ok(())
    }

    /// Looks at every table, after what SQLite does not tell the tables of, as a ROLLBACK.
    fn compare<S: Schema>(&mut self, schema: &S, at: &Place) -> Result<(), S::Error> {
        let mut former = std::mem::take(&mut self.tables);
        for name in schema.names()? {
            let Some(now) = schema.table(&name)? else { continue };
            // One that was dropped is back with all that it was.
            let before = former.remove(&key(&name)).or_else(|| self.dropped.remove(&key(&name)));
            self.keep(match before {
                Some(before) => changed(&before, now, at),
                None => introduced(now, at, ""),
            });
        }
        Ok(())
    }

    /// What belongs together stands in one file.
    pub(super) fn end_file(&mut self) {
        self.dropped.clear();
        self.dropped_indexes.clear();
        self.renamed.clear();
    }

    /// All, by name. A view's columns are those of the finished tables.
    pub(super) fn into_tables<S: Schema>(self, schema: &S) -> Result<Vec<Table>, S::Error> {
        let mut tables: Vec<Table> = self.tables.into_values().collect();
        for view in tables.iter_mut().filter(|table| table.kind == Kind::View) {
            let at = view.history.changed.as_ref().unwrap_or(&view.history.introduced);
            if let Some(now) = schema.table(&view.name)? {
                *view = changed(view, now, &at.clone());
            }
        }
        tables.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(tables)
    }

    fn keep(&mut self, mut table: Table) {
        for index in &mut table.indexes {
            let is_new = index.history.changed.is_none();
            if let Some(before) = self.dropped_indexes.remove(&key(&index.name))
                && is_new
            {
                take_over(&before, index);
            }
        }
        self.tables.insert(key(&table.name), table);
    }

    /// Those that are gone may come back changed. One of a constraint's is found with its table.
    fn remember_indexes(&mut self, before: &Table, kept: &[Index]) {
        let is_gone = |index: &&Index| !kept.iter().any(|kept| kept.name.eq_ignore_ascii_case(&index.name));
        for index in named_indexes(before).filter(is_gone) {
            self.dropped_indexes.insert(key(&index.name), index.clone());
        }
    }

    fn made(&mut self, made: Table) {
        let table = match self.dropped.remove(&key(&made.name)) {
            Some(before) => rebuilt(&before, made),
            None => made,
        };
        self.keep(table);
    }

    fn gone(&mut self, before: Table) {
        self.remember_indexes(&before, &[]);
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
    fn moved<S: Schema>(&mut self, schema: &S, before: Table, at: &Place) -> Result<(), S::Error> {
        for name in schema.names()? {
            if self.tables.contains_key(&key(&name)) {
                continue;
            }
            let Some(now) = schema.table(&name)? else { continue };
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
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// How often the table or one of its columns has got another name.
fn renames(table: &Table) -> usize {
    table.history.renamed.len() + table.columns.iter().map(|column| column.history.renamed.len()).sum::<usize>()
}
