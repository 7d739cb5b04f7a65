//! How tables refer to each other: the foreign keys, and what the notes add that no database enforces.

use crate::model::{Column, ForeignKey, Model, Table};
use crate::notes::Notes;
use crate::objects::primary_key;

/// How many rows stand at each end, as seen from the table that refers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// `1:1`: the columns here are unique.
    OneToOne,
    /// `N:1`.
    ManyToOne,
    /// `N:M`.
    ManyToMany,
}

impl Cardinality {
    /// `1:1`, `N:1` or `N:M`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneToOne => "1:1",
            Self::ManyToOne => "N:1",
            Self::ManyToMany => "N:M",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::OneToOne, Self::ManyToOne, Self::ManyToMany].into_iter().find(|one| one.as_str() == text)
    }
}

/// One table refers to another.
#[derive(Clone, Debug)]
pub struct Relation {
    /// `CONSTRAINT name` of a foreign key.
    pub name: Option<String>,
    /// The table that refers.
    pub child: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The other table.
    pub parent: String,
    /// Its columns.
    pub parent_columns: Vec<String>,
    /// How many rows at each end.
    pub cardinality: Cardinality,
    /// A row may refer to nothing.
    pub is_optional: bool,
    /// What a foreign key does; `None` when the database does not enforce it.
    pub enforced: Option<Actions>,
    /// For which rows it holds, if not for all.
    pub when: Option<String>,
    /// Why the database does not enforce it.
    pub why: Option<String>,
}

/// What a foreign key does.
#[derive(Clone, Debug)]
pub struct Actions {
    /// When the parent row is deleted.
    pub on_delete: String,
    /// When its key changes.
    pub on_update: String,
}

/// All of them: foreign keys first, by table and in the order of its definition.
pub fn all(model: &Model, notes: &Notes) -> Vec<Relation> {
    let enforced = model.tables.iter().flat_map(|table| table.foreign_keys.iter().map(|key| by_key(model, table, key)));
    let mut relations: Vec<Relation> = enforced.collect();
    for table in &model.tables {
        let Some(note) = notes.tables.get(&table.name) else { continue };
        relations.extend(note.front.relations.iter().map(|relation| {
            let columns: Vec<String> = relation.columns.iter().map(|column| column.get_ref().clone()).collect();
            Relation {
                name: None,
                child: table.name.clone(),
                is_optional: relation.when.is_some() || is_optional(table, &columns),
                columns,
                parent: relation.parent.get_ref().clone(),
                parent_columns: relation.parent_columns.iter().map(|column| column.get_ref().clone()).collect(),
                cardinality: Cardinality::parse(relation.kind.get_ref()).unwrap_or(Cardinality::ManyToOne),
                enforced: None,
                when: relation.when.clone(),
                why: Some(relation.why.clone()),
            }
        }));
    }
    relations
}

fn by_key(model: &Model, table: &Table, key: &ForeignKey) -> Relation {
    Relation {
        name: key.name.clone(),
        child: table.name.clone(),
        columns: key.columns.clone(),
        // As the other table writes itself.
        parent: model.table(&key.parent).map_or(&key.parent, |parent| &parent.name).clone(),
        parent_columns: key.parent_columns.clone(),
        cardinality: if is_unique(table, &key.columns) { Cardinality::OneToOne } else { Cardinality::ManyToOne },
        is_optional: is_optional(table, &key.columns),
        enforced: Some(Actions { on_delete: key.on_delete.clone(), on_update: key.on_update.clone() }),
        when: None,
        why: None,
    }
}

/// Whether no two rows can agree in these columns: some of them are the primary key, or have a unique index. One that
/// is partial, or on expressions, says nothing about all rows.
pub fn is_unique(table: &Table, columns: &[String]) -> bool {
    let is_among = |name: &String| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    let primary = primary_key(table);
    let is_primary = !primary.is_empty() && primary.iter().all(is_among);
    let is_full = |index: &&crate::model::Index| index.unique && index.condition.is_none() && !index.columns.is_empty();
    is_primary || table.indexes.iter().filter(is_full).any(|index| index.columns.iter().all(is_among))
}

fn is_optional(table: &Table, columns: &[String]) -> bool {
    let may_be_null = |column: &Column| !column.not_null && column.primary_key == 0;
    let is_among = |column: &&Column| columns.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
    table.columns.iter().filter(is_among).any(may_be_null)
}

/// Pairs of relations by which a table ties two others together: its rows are unique by both, and by neither alone.
pub fn junctions<'a>(model: &Model, relations: &'a [Relation]) -> Vec<(&'a Relation, &'a Relation)> {
    let mut found = Vec::new();
    for (at, one) in relations.iter().enumerate() {
        let Some(table) = model.table(&one.child) else { continue };
        for other in relations.iter().skip(at + 1).filter(|other| other.child == one.child) {
            let both = [one.columns.as_slice(), other.columns.as_slice()].concat();
            let alone = is_unique(table, &one.columns) || is_unique(table, &other.columns);
            if !alone && is_unique(table, &both) {
                found.push((one, other));
            }
        }
    }
    found
}

/// What a delete in a table does to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The other table.
    pub table: String,
    /// The action of the foreign key that leads there.
    pub action: String,
    /// The tables in between, for a cascade over several steps.
    pub through: Vec<String>,
}

/// What deleting a row of `table` does, over every step of a cascade, nearest first.
pub fn consequences(model: &Model, table: &str) -> Vec<Consequence> {
    let mut found: Vec<Consequence> = Vec::new();
    let mut paths: Vec<Vec<String>> = vec![vec![table.to_owned()]];
    while !paths.is_empty() {
        let mut next = Vec::new();
        for path in paths {
            let Some(parent) = path.last() else { continue };
            for (child, action) in children(model, parent) {
                let is_known = found.iter().any(|known| known.table == child && known.action == action);
                if is_known {
                    continue;
                }
                let through = path.get(1..).unwrap_or_default().to_vec();
                found.push(Consequence { table: child.clone(), action: action.clone(), through });
                // Round in a circle it comes to nothing new.
                if action == "CASCADE" && !path.contains(&child) {
                    next.push([path.as_slice(), &[child]].concat());
                }
            }
        }
        paths = next;
    }
    found
}

fn children(model: &Model, parent: &str) -> Vec<(String, String)> {
    let keys = model.tables.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    let of_parent = keys.filter(|(_, key)| key.parent.eq_ignore_ascii_case(parent));
    of_parent.map(|(table, key)| (table.name.clone(), key.on_delete.clone())).collect()
}
