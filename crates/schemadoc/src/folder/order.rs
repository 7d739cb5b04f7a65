//! How the tools name their files (wrangler, sqlx, golang-migrate, goose, dbmate, diesel, drizzle, refinery), and the
//! order that follows.

use std::cmp::Ordering;

use super::FolderError;

/// What a name says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Style {
    /// The number that it begins with.
    number: Number,
    /// It takes something back, so that it is not applied.
    goes_down: bool,
}

/// The number of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Number {
    /// Of a file. `1.10` comes after `1.9`: each part is a number of any length, without leading zeros.
    Parts(Vec<String>),
    /// Of a folder: diesel compares the digits as a text, so that a date comes after the same date with a time.
    Text(String),
}

impl Number {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Parts(one), Self::Parts(other)) => by_length(one).cmp(by_length(other)),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Parts(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Parts(_)) => Ordering::Greater,
        }
    }
}

/// Of two numbers without leading zeros the shorter one is smaller.
fn by_length(parts: &[String]) -> impl Iterator<Item = (usize, &String)> {
    parts.iter().map(|part| (part.len(), part))
}

impl Style {
    /// Reads a path such as `0001_initial.sql`, `V1__initial.sql`, `20240101_users.up.sql` or
    /// `2024-01-01-000000_users/up.sql`. `None`: it is no migration.
    fn of(path: &str) -> Option<Self> {
        let (folder, file) = path.rsplit_once('/').map_or((None, path), |(folder, file)| (Some(folder), file));
        let stem = file.get(..file.len().checked_sub(4)?)?;
        let lower = stem.to_ascii_lowercase();
        let goes_down = lower == "down" || lower.ends_with(".down");
        let number = match (folder, lower.as_str()) {
            (Some(folder), "up" | "down" | "migration") => Number::Text(leading(folder)?.replace('-', "")),
            // Refinery looks into folders, too.
            (Some(_), _) => Number::Parts(versioned(stem)?),
            (None, _) => Number::Parts(versioned(stem).or_else(|| leading(stem).map(parts))?),
        };
        Some(Self { number, goes_down })
    }
}

/// `V1__initial` or `V1.2__more`. U and R of refinery and Flyway take back and repeat.
fn versioned(stem: &str) -> Option<Vec<String>> {
    leading(stem.strip_prefix(['V', 'v'])?).map(parts)
}

/// The digits that a name begins with, with the points or, for a date, dashes between them.
fn leading(name: &str) -> Option<&str> {
    if !name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let dashes = date(name).unwrap_or(0);
    let is_number = |(at, character): (usize, char)| {
        let is_digit_next = name[at + character.len_utf8()..].starts_with(|next: char| next.is_ascii_digit());
        character.is_ascii_digit() || at < dashes || (character == '.' && is_digit_next)
    };
    let end = name.char_indices().find(|&place| !is_number(place)).map_or(name.len(), |(at, _)| at);
    name.get(..end)
}

/// How long the date is that a name begins with: `2024-01-31`, as diesel writes it also with a time, `2024-01-31-120000`.
fn date(name: &str) -> Option<usize> {
    let fits = |pattern: &str| {
        let mut characters = name.chars();
        let is_there = pattern.chars().all(|wanted| match characters.next() {
            Some(character) if wanted == '0' => character.is_ascii_digit(),
            other => other == Some(wanted),
        });
        (is_there && !characters.next().is_some_and(|next| next.is_ascii_digit())).then_some(pattern.len())
    };
    fits("0000-00-00-000000").or_else(|| fits("0000-00-00"))
}

fn parts(number: &str) -> Vec<String> {
    let number = number.replace('-', "");
    number.split('.').map(|part| part.trim_start_matches('0').to_owned()).collect()
}

/// Those that are applied, in their order.
pub(super) fn of(names: &[String]) -> Result<Vec<String>, FolderError> {
    let mut numbered: Vec<(Number, &String)> = Vec::new();
    for name in names {
        match Style::of(name) {
            Some(style) if !style.goes_down && !is_half_down(name, names) => numbered.push((style.number, name)),
            Some(_) | None => {}
        }
    }
    numbered.sort_by(|(one, first), (other, second)| one.compare(other).then_with(|| first.cmp(second)));
    for pair in numbered.windows(2) {
        if let [(one, first), (other, second)] = pair
            && one == other
        {
            return Err(FolderError::SameNumber { first: (*first).clone(), second: (*second).clone() });
        }
    }
    Ok(numbered.into_iter().map(|(_, name)| name.clone()).collect())
}

/// `1_users_down.sql` takes back when there is a `1_users_up.sql`. Alone it may be about counting down.
fn is_half_down(name: &str, names: &[String]) -> bool {
    let up = name.strip_suffix("_down.sql").map(|half| format!("{half}_up.sql"));
    up.is_some_and(|up| names.contains(&up))
}
