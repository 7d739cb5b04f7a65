//! What a statement did, one step after the other, as the history takes it. PostgreSQL numbers tables and their parts, so
//! that a rename is known for certain, also where one statement does several things.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use super::relation::{Relation, Remade};
use crate::model::{Place, Table};
use crate::replay::database::Touched;
use crate::replay::history::{Histories, Schema};

/// By name.
pub(super) type Tables = BTreeMap<String, Table>;

impl Schema for Tables {
    type Error = Infallible;

    fn names(&self) -> Result<Vec<String>, Infallible> {
        Ok(self.keys().cloned().collect())
    }

    fn table(&self, name: &str) -> Result<Option<Table>, Infallible> {
        Ok(self.get(name).cloned())
    }

    /// What else a rename changes is a step of its own.
    fn stale(&self, _: &HashMap<String, Table>) -> Result<Vec<String>, Infallible> {
        Ok(Vec::new())
    }
}

/// Gives parts that were made anew their former numbers.
pub(super) fn settle(before: &[Relation], now: &mut [Relation], remade: &mut Remade) {
    let former = by_number(before);
    for relation in now {
        if let Some(former) = former.get(&relation.number) {
            relation.settle(former, remade);
        }
    }
}

/// Tells the history how `before` became `now` by the statement at this place.
pub(super) fn observe(histories: &mut Histories, before: &[Relation], now: &[Relation], at: &Place, statement: &str) {
    let mut look = |tables: &Tables, touched: Touched| {
        let Ok(()) = histories.observe(tables, &[touched], at, statement);
    };
    let (former, kept) = (by_number(before), by_number(now));
    let mut tables = by_name(before);
    for gone in before.iter().filter(|one| !kept.contains_key(&one.number)) {
        tables.remove(gone.name());
        look(&tables, Touched::Table(gone.name().to_owned()));
    }
    for relation in now {
        let (name, old) = (relation.name(), former.get(&relation.number).map(|one| one.name()));
        if let Some(old) = old.filter(|old| *old != name)
            && !tables.contains_key(name)
            && let Some(table) = tables.remove(old)
        {
            tables.insert(name.to_owned(), Table { name: name.to_owned(), ..table });
            look(&tables, Touched::Altered(old.to_owned()));
        }
    }
    // One that had to wait for a name, all in one statement: it is told by its name alone.
    let names: Vec<String> = tables.keys().cloned().collect();
    for name in names.into_iter().filter(|name| !now.iter().any(|one| one.name() == *name)) {
        tables.remove(&name);
        look(&tables, Touched::Table(name));
    }
    for relation in now {
        let former = former.get(&relation.number);
        if former.is_some_and(|former| former.text == relation.text) {
            continue;
        }
        let steps = former.map(|former| former.steps_to(relation));
        for table in steps.into_iter().flatten().chain([relation.to_table()]) {
            let touched = Touched::Table(table.name.clone());
            tables.insert(table.name.clone(), table);
            look(&tables, touched);
        }
    }
}

/// The tables as they are.
pub(super) fn by_name(relations: &[Relation]) -> Tables {
    relations.iter().map(|one| (one.name().to_owned(), one.to_table())).collect()
}

fn by_number(relations: &[Relation]) -> HashMap<u32, &Relation> {
    relations.iter().map(|one| (one.number, one)).collect()
}
