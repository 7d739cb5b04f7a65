//! What each line of a migration did to what is there now. What was dropped since has left no trace in the schema.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::markdown::code;
use crate::model::{History, Kind, Model, Place, Table};
use crate::objects::named_indexes;

/// One thing that a line did.
pub(super) struct Change<'a> {
    pub(super) table: &'a Table,
    pub(super) place: &'a Place,
    /// In words, for one and for several: `new column`, `new columns`.
    what: [&'static str; 2],
    /// What it was done to; empty for the table itself.
    object: String,
}

/// All of them: table by table, the oldest first.
pub(super) fn all(model: &Model) -> Vec<Change<'_>> {
    let files = model.migrations.iter().enumerate().map(|(at, file)| (file.file.as_str(), at));
    let files: HashMap<&str, usize> = files.collect();
    let order = |place: &Place| (files.get(place.file.as_str()).copied(), place.line);
    let mut all = Vec::new();
    for table in &model.tables {
        let mut changes = of_table(table);
        changes.sort_by_key(|change| order(change.place));
        all.extend(changes);
    }
    all
}

/// Several changes of one table in a line: `new columns a, b; new index c`.
pub(super) fn words(changes: &[&Change<'_>]) -> String {
    let mut text = String::new();
    for (at, change) in changes.iter().enumerate() {
        let is_alike = |other: &&&Change<'_>| other.what == change.what;
        if changes.iter().take(at).any(|other| is_alike(&other)) {
            continue;
        }
        let objects: Vec<&str> = changes.iter().filter(is_alike).map(|change| change.object.as_str()).collect();
        let [one, several] = change.what;
        let _ = match objects.as_slice() {
            [""] => write!(text, "; {one}"),
            [object] => write!(text, "; {one} {object}"),
            objects => write!(text, "; {several} {}", objects.join(", ")),
        };
    }
    text.trim_start_matches("; ").to_owned()
}

fn of_table(table: &Table) -> Vec<Change<'_>> {
    let made = &table.history.introduced;
    let mut changes = Vec::new();
    let mut add = |place, what, object| changes.push(Change { table, place, what, object });
    let kind = match table.kind {
        Kind::Table => "new table",
        Kind::View => "new view",
        Kind::Virtual => "new virtual table",
    };
    add(made, [kind; 2], String::new());
    if let Some(place) = &table.history.rebuilt {
        add(place, ["made anew, with its rows"; 2], String::new());
    }
    if let Some(place) = &table.history.changed {
        add(place, ["changed"; 2], String::new());
    }
    for (place, names) in renames(&table.history, &table.name) {
        add(place, ["renamed"; 2], names);
    }
    for column in &table.columns {
        let history = &column.history;
        // What came with the table is not listed once more.
        if history.introduced.file != made.file {
            add(&history.introduced, ["new column", "new columns"], code(&column.name));
        }
        if let Some(place) = &history.changed {
            add(place, ["changed column", "changed columns"], code(&column.name));
        }
        for (place, names) in renames(history, &column.name) {
            add(place, ["renamed column", "renamed columns"], names);
        }
    }
    for index in named_indexes(table) {
        if index.history.introduced.file != made.file {
            add(&index.history.introduced, ["new index", "new indexes"], code(&index.name));
        }
        if let Some(place) = &index.history.changed {
            add(place, ["changed index", "changed indexes"], code(&index.name));
        }
    }
    changes
}

/// Each name that was given up, and the one that followed.
fn renames<'a>(history: &'a History, now: &str) -> Vec<(&'a Place, String)> {
    let next = history.renamed.iter().skip(1).map(|renamed| renamed.from.as_str()).chain([now]);
    let pairs = history.renamed.iter().zip(next);
    pairs.map(|(renamed, to)| (&renamed.at, format!("{} to {}", code(&renamed.from), code(to)))).collect()
}
