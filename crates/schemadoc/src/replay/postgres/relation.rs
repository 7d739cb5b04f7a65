//! A table or view, with the numbers by which PostgreSQL knows it and its parts, whatever they are called.

use std::collections::HashMap;

use crate::model::{Check, Column, ForeignKey, Index, Table};

/// A table or view.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// No other one has had it.
    pub number: u32,
    pub columns: Vec<Part<Column>>,
    pub foreign_keys: Vec<Part<ForeignKey>>,
    pub indexes: Vec<Part<Index>>,
    pub checks: Vec<Part<Check>>,
    /// All but the parts.
    pub table: Table,
    /// How a query names it.
    pub address: String,
    /// What was read. When it is the same, all is.
    pub text: String,
}

/// A part of one.
#[derive(Clone, Debug)]
pub(super) struct Part<P> {
    /// No other one of this table has had it.
    pub number: u32,
    pub name: String,
    pub part: P,
}

/// Numbers of parts that PostgreSQL has made anew, such as a CHECK on a column whose type has changed, and the numbers that
/// they had before.
pub(super) type Remade = HashMap<u32, u32>;

impl Relation {
    pub(super) fn name(&self) -> &str {
        &self.table.name
    }

    /// As the model has it.
    pub(super) fn to_table(&self) -> Table {
        let column = |part: &Part<Column>| Column { name: part.name.clone(), ..part.part.clone() };
        let key = |part: &Part<ForeignKey>| ForeignKey { name: Some(part.name.clone()), ..part.part.clone() };
        let index = |part: &Part<Index>| Index { name: part.name.clone(), ..part.part.clone() };
        let check = |part: &Part<Check>| Check { name: Some(part.name.clone()), ..part.part.clone() };
        Table {
            columns: self.columns.iter().map(column).collect(),
            foreign_keys: self.foreign_keys.iter().map(key).collect(),
            indexes: self.indexes.iter().map(index).collect(),
            checks: self.checks.iter().map(check).collect(),
            ..self.table.clone()
        }
    }

    /// Gives parts that were made anew the numbers that they had in `before`. Constraints are in their order.
    pub(super) fn settle(&mut self, before: &Self, remade: &mut Remade) {
        settle(&mut self.foreign_keys, &before.foreign_keys, remade);
        settle(&mut self.checks, &before.checks, remade);
        settle(&mut self.indexes, &before.indexes, remade);
        self.foreign_keys.sort_by_key(|part| part.number);
        self.checks.sort_by_key(|part| part.number);
    }

    /// What can not be told by a single look at the outcome `now`: this table with its parts renamed, then without those
    /// that are gone, then with those that it still has as they are now.
    pub(super) fn steps_to(&self, now: &Self) -> [Table; 3] {
        let renamed = Self {
            columns: renamed(&self.columns, &now.columns),
            foreign_keys: renamed(&self.foreign_keys, &now.foreign_keys),
            indexes: renamed(&self.indexes, &now.indexes),
            checks: renamed(&self.checks, &now.checks),
            table: Table { name: now.table.name.clone(), ..self.table.clone() },
            ..self.clone()
        };
        let (left, altered) = (renamed.common(now), now.common(self));
        [renamed.to_table(), left.to_table(), altered.to_table()]
    }

    /// With the parts alone that the other has, too.
    fn common(&self, other: &Self) -> Self {
        Self {
            columns: common(&self.columns, &other.columns),
            foreign_keys: common(&self.foreign_keys, &other.foreign_keys),
            indexes: common(&self.indexes, &other.indexes),
            checks: common(&self.checks, &other.checks),
            ..self.clone()
        }
    }
}

fn settle<P>(parts: &mut [Part<P>], before: &[Part<P>], remade: &mut Remade) {
    for part in parts {
        part.number = remade.get(&part.number).copied().unwrap_or(part.number);
        let is_known = before.iter().any(|former| former.number == part.number);
        if let Some(former) = before.iter().find(|former| !is_known && former.name == part.name) {
            remade.insert(part.number, former.number);
            part.number = former.number;
        }
    }
}

fn renamed<P: Clone>(before: &[Part<P>], now: &[Part<P>]) -> Vec<Part<P>> {
    let rename = |part: &Part<P>| {
        let same = now.iter().find(|same| same.number == part.number).unwrap_or(part);
        Part { name: same.name.clone(), ..part.clone() }
    };
    before.iter().map(rename).collect()
}

fn common<P: Clone>(parts: &[Part<P>], others: &[Part<P>]) -> Vec<Part<P>> {
    parts.iter().filter(|part| others.iter().any(|other| other.number == part.number)).cloned().collect()
}
