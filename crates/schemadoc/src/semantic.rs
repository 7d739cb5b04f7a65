//! What differs between two versions of the pages, in words of the schema: the line that a reader wants first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::{Model, Place, Table};
use crate::pages::Difference;
use crate::render::{TABLES, page_name};

/// One line for each thing that differs.
pub fn summary(model: &Model, pages: &BTreeMap<PathBuf, String>, difference: &Difference) -> Vec<String> {
    let mut lines = Vec::new();
    let now = |path: &Path| pages.get(path).map_or("", String::as_str);
    for (path, before) in &difference.stale {
        if let Some(table) = of_page(model, path) {
            lines.extend(of_table(table, before, now(path)));
        }
    }
    for table in difference.missing.iter().filter_map(|path| of_page(model, path)) {
        lines.push(format!("{}: new table, {}", table.name, table.history.introduced));
    }
    for path in difference.extra.iter().filter(|path| path.starts_with(TABLES)) {
        let name = path.file_stem().unwrap_or_default().display();
        lines.push(format!("{name}: there is no such table any more"));
    }
    let overview = difference.stale.iter().find(|(path, _)| path.as_os_str() == "schema.md");
    lines.extend(overview.into_iter().flat_map(|(path, before)| edited(before, now(path))));
    lines
}

/// The table that a page is about.
fn of_page<'a>(model: &'a Model, path: &Path) -> Option<&'a Table> {
    let name = path.strip_prefix(TABLES).ok()?;
    model.tables.iter().find(|table| Path::new(&page_name(&table.name)) == name)
}

fn of_table(table: &Table, before: &str, now: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let own = &table.name;
    for (heading, what) in [("## Columns", "column"), ("## Indexes", "index"), ("## Constraints", "constraint")] {
        let (mut before, now) = (grid(before, heading), grid(now, heading));
        for (name, said) in &now {
            let at = place(table, name);
            let former =
                renamed(table, name).filter(|former| before.contains_key(*former) && !now.contains_key(*former));
            if let Some(former) = former.and_then(|former| Some((former, before.remove(former)?))) {
                lines.push(format!("{own}.{}: renamed to {name}, {at}", former.0));
                before.insert(name.clone(), former.1);
            }
            match before.get(name) {
                None => lines.push(format!("{own}.{name}: new {what} {said}, {at}")),
                Some(former) if former != said => lines.push(format!("{own}.{name}: {former} → {said}, {at}")),
                Some(_) => {}
            }
        }
        for name in before.keys().filter(|name| !now.contains_key(*name)) {
            lines.push(format!("{own}.{name}: the {what} is gone"));
        }
    }
    lines
}

/// What a column was called before.
fn renamed<'a>(table: &'a Table, column: &str) -> Option<&'a str> {
    let column = table.columns.iter().find(|known| known.name == column)?;
    column.history.renamed.last().map(|renamed| renamed.from.as_str())
}

/// What a table of a page says, without prose: by name, the cells that speak of the schema.
fn grid(page: &str, heading: &str) -> BTreeMap<String, String> {
    let rows = page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    let mut found = BTreeMap::new();
    for row in rows.filter(|row| row.starts_with("| `") || (heading == "## Constraints" && row.starts_with("| "))) {
        let cells: Vec<String> = row.trim_matches('|').split(" |").map(|cell| cell.trim().replace('`', "")).collect();
        let [name, rest @ ..] = cells.as_slice() else { continue };
        let said = match (heading, rest) {
            ("## Columns", [kind, null, default, limits, ..]) => {
                let null = if null == "no" { " NOT NULL" } else { "" };
                let default = if default.is_empty() { String::new() } else { format!(" DEFAULT {default}") };
                let limits = if limits.is_empty() { String::new() } else { format!(" ({limits})") };
                format!("{kind}{null}{default}{limits}")
            }
            ("## Indexes", [columns, unique, ..]) => {
                let unique = if unique == "no" { String::new() } else { format!(" unique {unique}") };
                format!("({columns}){unique}")
            }
            (_, [definition, ..]) => definition.clone(),
            _ => continue,
        };
        if name != "constraint" && !name.starts_with("---") {
            found.insert(name.clone(), said);
        }
    }
    found
}

/// Where it was last made different; a constraint has no place but the table's.
fn place(table: &Table, name: &str) -> Place {
    let column = table.columns.iter().find(|column| column.name == name).map(|column| &column.history);
    let own = column.or_else(|| table.indexes.iter().find(|index| index.name == name).map(|index| &index.history));
    let history = own.unwrap_or(&table.history);
    let renamed = history.renamed.last().map(|renamed| &renamed.at);
    let last = history.changed.as_ref().or(history.rebuilt.as_ref()).or(renamed);
    last.unwrap_or(&history.introduced).clone()
}

/// Migrations that were documented and read differently now.
fn edited(before: &str, now: &str) -> Vec<String> {
    let hashes = |page: &str| -> BTreeMap<String, String> {
        let lines = page.lines().filter_map(|line| line.strip_prefix("- File: ["));
        lines
            .filter_map(|line| Some((line.split_once("](")?.0.to_owned(), line.split('`').nth(1)?.to_owned())))
            .collect()
    };
    let now = hashes(now);
    let mut lines = Vec::new();
    for (file, hash) in hashes(before) {
        match now.get(&file) {
            Some(other) if other != &hash => {
                lines
                    .push(format!("{file}: the migration was edited after it was documented; write a new one instead"));
            }
            Some(_) => {}
            None => lines.push(format!("{file}: the migration is gone")),
        }
    }
    lines
}
