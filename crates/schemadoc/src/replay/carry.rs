//! What a part of a table keeps from the part that it was before: a column of a table that is rebuilt is still the same
//! column, and a foreign key whose action has changed is still the same key.

use crate::model::{Check, Column, ForeignKey, History, Index, Kind, Place, Renamed, Table};
use crate::objects::columns_of_check;
use crate::sql::constraints;

/// Everything is new. In a CREATE TABLE each part has a line of its own; otherwise it came with the statement.
pub(super) fn introduced(mut table: Table, at: &Place, statement: &str) -> Table {
    let found = constraints::read(statement);
    let line = |start: Option<usize>| {
        let before = start.and_then(|start| statement.get(..start)).unwrap_or_default();
        History::made_at(&Place { file: at.file.clone(), line: at.line + before.matches('\n').count() })
    };
    table.history = History::made_at(at);
    for column in &mut table.columns {
        let declared = found.columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
        column.history = line(declared.map(|(_, start)| *start));
    }
    for (place, check) in table.checks.iter_mut().enumerate() {
        check.history = line(found.checks.get(place).map(|check| check.start));
    }
    for (place, key) in table.foreign_keys.iter_mut().enumerate() {
        key.history = line(found.foreign_keys.get(place).map(|key| key.start));
    }
    for index in &mut table.indexes {
        let key = found.keys.iter().find(|key| same_names(&key.columns, &index.columns));
        index.history = line(key.map(|key| key.start));
    }
    table
}

/// The same table after a statement: what is different has changed here.
pub(super) fn changed(before: &Table, now: Table, at: &Place) -> Table {
    let mut table = introduced(now, at, "");
    table.history = before.history.clone();
    if before.kind == Kind::View && before.sql != table.sql {
        table.history.changed = Some(at.clone());
    }
    carry_columns(before, &mut table);
    carry_altered(&before.checks, &mut table.checks);
    carry_altered(&before.foreign_keys, &mut table.foreign_keys);
    let same_name = |one: &Index, other: &Index| one.name.eq_ignore_ascii_case(&other.name);
    // ALTER INDEX renames one, on PostgreSQL.
    carry(&before.indexes, &mut table.indexes, &[&same_name, &same_constraint, &Index::is_same]);
    table
}

/// The table `now`, which was made to take the place of `before`.
pub(super) fn rebuilt(before: &Table, now: Table) -> Table {
    let at = now.history.introduced.clone();
    let mut table = now;
    if before.kind != Kind::Table || table.kind != Kind::Table {
        table.history = History { changed: Some(at), ..before.history.clone() };
        return table;
    }
    table.history = History { rebuilt: Some(at), ..before.history.clone() };
    let same_check_name = |one: &Check, other: &Check| one.name.is_some() && one.name == other.name;
    let about = |check: &Check| columns_of_check(before, check);
    let same_subject = |one: &Check, other: &Check| {
        (one.name.is_none() || other.name.is_none()) && !about(one).is_empty() && about(one) == about(other)
    };
    let same_name = |one: &Index, other: &Index| one.origin == "c" && one.name.eq_ignore_ascii_case(&other.name);
    carry(&before.columns, &mut table.columns, &[&|one, other| one.name.eq_ignore_ascii_case(&other.name)]);
    carry(&before.checks, &mut table.checks, &[&Check::is_same, &same_check_name, &same_subject]);
    carry(&before.foreign_keys, &mut table.foreign_keys, &[&ForeignKey::is_same, &same_columns]);
    carry(&before.indexes, &mut table.indexes, &[&same_name, &same_constraint]);
    table
}

/// A part of a table that has a history of its own.
pub(super) trait Part: Clone {
    fn history(&self) -> &History;
    fn history_mut(&mut self) -> &mut History;
    /// The name that it is known by. Constraints are known by what they are about.
    fn name(&self) -> Option<&str> {
        None
    }
    /// Nothing of its definition is different. Its name may be.
    fn is_same(&self, other: &Self) -> bool;
}

impl Part for Column {
    fn history(&self) -> &History {
        &self.history
    }

    fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.declared_type.eq_ignore_ascii_case(&other.declared_type)
            && self.not_null == other.not_null
            && self.default == other.default
            && self.primary_key == other.primary_key
            && self.generated == other.generated
            && self.expression == other.expression
            && self.collation == other.collation
    }
}

impl Part for Check {
    fn history(&self) -> &History {
        &self.history
    }

    fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.expression == other.expression
    }
}

impl Part for ForeignKey {
    fn history(&self) -> &History {
        &self.history
    }

    fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    fn is_same(&self, other: &Self) -> bool {
        *self == Self { history: self.history.clone(), ..other.clone() }
    }
}

impl Part for Index {
    fn history(&self) -> &History {
        &self.history
    }

    fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    fn name(&self) -> Option<&str> {
        (self.origin == "c").then_some(&self.name)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.unique == other.unique
            && self.columns == other.columns
            && self.condition == other.condition
            && self.constraint == other.constraint
    }
}

/// Whether two parts, the former one first, are the same one.
type Rule<'r, P> = &'r dyn Fn(&P, &P) -> bool;

/// Finds for each part the one that it was, by the first rule that knows one, and takes over its history.
fn carry<P: Part>(before: &[P], now: &mut [P], rules: &[Rule<'_, P>]) {
    let mut left: Vec<&P> = before.iter().collect();
    let mut pairs: Vec<Option<&P>> = vec![None; now.len()];
    for rule in rules {
        for (part, former) in now.iter().zip(&mut pairs).filter(|(_, former)| former.is_none()) {
            let found = left.iter().position(|one| rule(one, part));
            *former = found.map(|place| left.remove(place));
        }
    }
    for (part, former) in now.iter_mut().zip(pairs) {
        if let Some(former) = former {
            take_over(former, part);
        }
    }
}

/// ALTER TABLE leaves parts in their order, whatever it renames. Where it adds or drops one, the others read as before.
fn carry_altered<P: Part>(before: &[P], now: &mut [P]) {
    if before.len() == now.len() {
        before.iter().zip(now).for_each(|(former, part)| take_over(former, part));
    } else {
        carry(before, now, &[&P::is_same]);
    }
}

/// The part was `former`. If it is different now, that came with the statement that it has been introduced by.
pub(super) fn take_over<P: Part>(former: &P, part: &mut P) {
    let at = std::mem::replace(part.history_mut(), former.history().clone()).introduced;
    if !former.is_same(part) {
        part.history_mut().changed = Some(at.clone());
    }
    if let Some(from) = former.name().filter(|from| part.name().is_some_and(|name| name != *from)) {
        let from = from.to_owned();
        part.history_mut().renamed.push(Renamed { from, at });
    }
}

fn carry_columns(before: &Table, table: &mut Table) {
    let same_count = before.columns.len() == table.columns.len();
    let names: Vec<String> = table.columns.iter().map(|column| column.name.to_ascii_lowercase()).collect();
    for (place, column) in table.columns.iter_mut().enumerate() {
        let former = before.columns.iter().find(|former| former.name.eq_ignore_ascii_case(&column.name));
        // RENAME COLUMN leaves it where it was.
        let is_gone = |former: &&Column| !names.contains(&former.name.to_ascii_lowercase());
        let renamed = before.columns.get(place).filter(|former| same_count && is_gone(former));
        if let Some(former) = former.or(renamed) {
            take_over(former, column);
        }
    }
}

fn same_columns(one: &ForeignKey, other: &ForeignKey) -> bool {
    same_names(&one.columns, &other.columns)
}

/// Those that belong to constraints have names of SQLite's, which change with the table's.
fn same_constraint(one: &Index, other: &Index) -> bool {
    one.origin != "c" && one.origin == other.origin && same_names(&one.columns, &other.columns)
}

pub(super) fn same_names(ones: &[String], others: &[String]) -> bool {
    ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| one.eq_ignore_ascii_case(other))
}
