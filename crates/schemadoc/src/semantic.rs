//! What differs between two versions of the pages, in words of the schema: the line that a reader wants first.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::{History, Model, Place};
use crate::pages::Difference;

/// One line for each thing that differs.
pub fn summary(model: &Model, pages: &BTreeMap<PathBuf, String>, difference: &Difference) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, before) in &difference.stale {
        let now = pages.get(path).map_or("", String::as_str);
        if path.as_os_str() == "schema.md" {
            lines.extend(edited(before, now));
        } else if let Some(table) = path.file_stem().filter(|_| path.starts_with("tables")) {
            lines.extend(of_table(model, &table.to_string_lossy(), before, now));
        }
    }
    for path in difference.missing.iter().filter(|path| path.starts_with("tables")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let at = model.table(&name).map(|table| table.history.introduced.to_string()).unwrap_or_default();
        lines.push(format!("{name}: new table, {at}"));
    }
    for path in difference.extra.iter().filter(|path| path.starts_with("tables")) {
        lines.push(format!(
            "{}: there is no such table any more",
            path.file_stem().unwrap_or_default().to_string_lossy()
        ));
    }
    lines
}

fn of_table(model: &Model, table: &str, before: &str, now: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (heading, what) in [("## Columns", "column"), ("## Indexes", "index"), ("## Constraints", "constraint")] {
        let (before, now) = (grid(before, heading), grid(now, heading));
        for (name, said) in &now {
            let at = place(model, table, name).map(|place| format!(", {place}")).unwrap_or_default();
            match before.get(name) {
                None => lines.push(format!("{table}.{name}: new {what} {said}{at}")),
                Some(former) if former != said => lines.push(format!("{table}.{name}: {former} → {said}{at}")),
                Some(_) => {}
            }
        }
        for name in before.keys().filter(|name| !now.contains_key(*name)) {
            lines.push(format!("{table}.{name}: the {what} is gone"));
        }
    }
    lines
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

fn place(model: &Model, table: &str, name: &str) -> Option<Place> {
    let table = model.table(table)?;
    let last = |history: &History| history.changed.clone().unwrap_or_else(|| history.introduced.clone());
    let column = table.columns.iter().find(|column| column.name == name).map(|column| last(&column.history));
    column.or_else(|| table.indexes.iter().find(|index| index.name == name).map(|index| last(&index.history)))
}

/// Migrations that were documented and read differently now.
fn edited(before: &str, now: &str) -> Vec<String> {
    let hashes = |page: &str| -> BTreeMap<String, String> {
        let lines = page.lines().filter_map(|line| line.strip_prefix("- File: ["));
        lines
            .filter_map(|line| Some((line.split_once(":1]")?.0.to_owned(), line.split('`').nth(1)?.to_owned())))
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
