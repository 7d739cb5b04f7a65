//! `schema.md`: the overview.

use std::fmt::Write as _;

use super::Source;
use super::markdown::table as grid;
use crate::model::{Kind, Migration, Place};
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
                vec![format!("[{0}](tables/{0}.md)", table.name), format!("{kind}{}", source.purpose(&table.name))]
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
    let mut text = "## Migrations\n\n".to_owned();
    for migration in &source.model.migrations {
        let place = Place { file: migration.file.clone(), line: 1 };
        let _ = write!(text, "### {}\n\n", migration.file);
        if let Some(about) = about(source, migration) {
            let _ = write!(text, "{about}\n\n");
        }
        for line in changes(source, &migration.file) {
            let _ = writeln!(text, "- {line}");
        }
        let _ = write!(text, "- File: {}, SHA-256 `{}`\n\n", source.link(&place), migration.sha256);
    }
    text
}

fn about(source: &Source<'_>, migration: &Migration) -> Option<String> {
    let texts = source.notes.schema.as_ref().map(|note| &note.front.migrations);
    text(texts, &migration.file).map(str::to_owned)
}

/// What is there now and came, or was last changed, with this file.
fn changes(source: &Source<'_>, file: &str) -> Vec<String> {
    let is_here = |place: &Place| place.file == file;
    let mut lines = Vec::new();
    for table in &source.model.tables {
        let name = &table.name;
        if is_here(&table.history.introduced) {
            lines.push(format!("new table [{name}](tables/{name}.md)"));
            continue;
        }
        if table.history.rebuilt.as_ref().is_some_and(is_here) {
            lines.push(format!("`{name}` made anew"));
        }
        lines.extend(
            table
                .history
                .renamed
                .iter()
                .filter(|renamed| is_here(&renamed.at))
                .map(|renamed| format!("`{}` renamed", renamed.from)),
        );
        let columns = table.columns.iter().map(|column| ("column", &column.name, &column.history));
        let indexes = table
            .indexes
            .iter()
            .filter(|index| index.origin == "c")
            .map(|index| ("index", &index.name, &index.history));
        for (what, own, history) in columns.chain(indexes) {
            if is_here(&history.introduced) {
                lines.push(format!("new {what} `{name}.{own}`"));
            } else if history.changed.as_ref().is_some_and(is_here) {
                lines.push(format!("{what} `{name}.{own}` changed"));
            }
            lines.extend(
                history
                    .renamed
                    .iter()
                    .filter(|renamed| is_here(&renamed.at))
                    .map(|renamed| format!("{what} `{name}.{}` renamed to `{own}`", renamed.from)),
            );
        }
    }
    lines
}
