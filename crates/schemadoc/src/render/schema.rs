//! `schema.md`: the overview.

use std::fmt::Write as _;

use super::changes::{self, Change};
use super::markdown::{plain, table as grid};
use super::{Source, headed};
use crate::model::{Kind, Migration};
use crate::notes::text;

/// The whole page.
pub(super) fn page(source: &Source<'_>) -> String {
    let note = source.notes.schema.as_ref();
    let title = note.and_then(|note| note.front.title.as_deref()).unwrap_or("The database");
    let mut text = format!("# {title}\n\n");
    if let Some(opening) = note.map(|note| &note.body.opening).filter(|opening| !opening.is_empty()) {
        let _ = write!(text, "{opening}\n\n");
    }
    text.push_str("How the tables refer to each other, and all indexes: [relationships.md](relationships.md).\n\n");
    text.push_str(&tables(source));
    let sections = note.into_iter().flat_map(|note| &note.body.sections);
    for section in sections {
        let _ = write!(text, "## {}\n\n{}\n\n", section.title, section.text);
    }
    text.push_str(&changelog(source));
    text
}

fn tables(source: &Source<'_>) -> String {
    let mut text = "## Tables\n\n".to_owned();
    for group in source.domains() {
        let rows: Vec<Vec<String>> = group
            .tables
            .iter()
            .map(|table| {
                let kind = match table.kind {
                    Kind::Table => "",
                    Kind::View => "View. ",
                    Kind::Virtual => "Virtual table. ",
                };
                vec![source.table(&table.name), format!("{kind}{}", source.notes.purpose(&table.name))]
            })
            .collect();
        let _ = write!(text, "### {}\n\n", group.title);
        if !group.about.is_empty() {
            let _ = write!(text, "{}\n\n", group.about);
        }
        text.push_str(&grid(&["table", "purpose"], &rows));
    }
    text
}

/// What each migration brought, with the hash of its text: an edit of a documented migration is seen by it.
fn changelog(source: &Source<'_>) -> String {
    let mut text =
        "What each file brought of the schema as it is now. What was dropped since is not listed.\n\n".to_owned();
    for migration in &source.model.migrations {
        let _ = write!(text, "### {}\n\n", plain(&migration.file));
        if let Some(about) = about(source, migration) {
            let _ = write!(text, "{about}\n\n");
        }
        text.push_str(&tables_of(source, &migration.file));
        let _ = write!(text, "- File: {}, SHA-256 `{}`\n\n", source.file(&migration.file), migration.sha256);
    }
    headed("## Migrations", &text)
}

fn about<'a>(source: &'a Source<'_>, migration: &Migration) -> Option<&'a str> {
    text(source.notes.schema.as_ref().map(|note| &note.front.migrations), &migration.file)
}

/// A line for each table that the file has changed.
fn tables_of(source: &Source<'_>, file: &str) -> String {
    let here: Vec<&Change<'_>> = source.changes.iter().filter(|change| change.place.file == file).collect();
    let of_one_table = here.chunk_by(|one, other| one.table.name == other.table.name);
    let line = |changes: &[&Change<'_>]| {
        let table = changes.first().map(|change| source.table(&change.table.name)).unwrap_or_default();
        format!("- {table}: {}\n", changes::words(changes))
    };
    of_one_table.map(line).collect()
}
