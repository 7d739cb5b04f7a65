//! How the tools name their files (wrangler, sqlx, golang-migrate, goose, dbmate, diesel, drizzle, refinery), and the
//! order that follows.

use super::FolderError;

/// What a name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// The number that it begins with, without leading zeros.
    pub number: String,
    /// It takes something back, so that it is not applied.
    pub goes_down: bool,
}

impl Style {
    /// Reads a path such as `0001_initial.sql`, `V1__initial.sql`, `20240101_users.up.sql` or
    /// `2024-01-01-000000_users/up.sql`. `None`: it is no migration.
    pub fn of(path: &str) -> Option<Self> {
        let (folder, file) = path.rsplit_once('/').map_or((None, path), |(folder, file)| (Some(folder), file));
        let stem = file.get(..file.len().checked_sub(4)?)?;
        let lower = stem.to_ascii_lowercase();
        let goes_down = lower == "down" || lower.ends_with(".down") || lower.ends_with("_down");
        let numbered = match (folder, lower.as_str()) {
            (Some(folder), "up" | "down" | "migration") => folder,
            (Some(_), _) => return None,
            (None, _) => stem,
        };
        // U and R of refinery and Flyway take back and repeat.
        let numbered = numbered.strip_prefix(['V', 'v']).filter(|rest| begins_with_digit(rest)).unwrap_or(numbered);
        if !begins_with_digit(numbered) {
            return None;
        }
        // Diesel writes a date with dashes: 2024-01-31-120000.
        let end = numbered
            .find(|character: char| !(character.is_ascii_digit() || character == '-'))
            .unwrap_or(numbered.len());
        let number = numbered.get(..end)?.replace('-', "");
        Some(Self { number: number.trim_start_matches('0').to_owned(), goes_down })
    }
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_digit())
}

/// Those that are applied, in their order. Drizzle's journal and sorting by number agree.
pub(super) fn of(names: &[String]) -> Result<Vec<String>, FolderError> {
    let mut numbered: Vec<(String, &String)> = Vec::new();
    for name in names {
        match Style::of(name) {
            Some(style) if !style.goes_down => numbered.push((style.number, name)),
            Some(_) | None => {}
        }
    }
    // As numbers of any length: a shorter one is smaller.
    numbered.sort_by(|(one, first), (other, second)| (one.len(), one, first).cmp(&(other.len(), other, second)));
    for pair in numbered.windows(2) {
        if let [(one, first), (other, second)] = pair
            && one == other
        {
            return Err(FolderError::SameNumber { first: (*first).clone(), second: (*second).clone() });
        }
    }
    Ok(numbered.into_iter().map(|(_, name)| name.clone()).collect())
}
