//! The rules, as data first. Each names what breaks it as `file:line`.

use std::path::Path;

use super::source::Source;

/// The parts of the house from the ground up. A part uses those of the layers below, and never its neighbours.
pub const LAYERS: &[&[&str]] = &[
    &["clock", "config", "error_codes", "random"],
    &["crypto", "id"],
    &["mail", "outbound", "secret", "server_secret"],
    &["db"],
    &["db::schema"],
    &["refusal"],
    &["billing", "identity", "rate_limit"],
    &["oversight"],
    &["oauth"],
    &["settlement"],
    &["app"],
    &["background", "http"],
    &["cli"],
    &["lib", "main"],
];

/// Crates that only one folder may name.
const ENCLOSED: &[(&str, &[&str])] = &[
    ("cli", &["agentid_client"]),
    ("http", &["aide", "axum", "http_body_util", "hyper", "hyper_util", "tower", "tower_http"]),
    ("mail", &["lettre"]),
    ("outbound", &["ureq"]),
    ("db::sqlite", &["libsqlite3_sys", "rusqlite"]),
    ("db::postgres", &["postgres_types", "tokio_postgres", "tokio_postgres_rustls"]),
];

const LONGEST_FILE: usize = 500;
const LONGEST_HANDLER: usize = 40;

/// The part that a module belongs to: the longest name in [`LAYERS`] that it begins with.
pub fn part(module: &[String]) -> Option<&'static str> {
    if module.is_empty() {
        return Some("lib");
    }
    let parts = LAYERS.iter().copied().flatten().copied();
    parts.filter(|part| begins_with(module, part)).max_by_key(|part| part.len())
}

fn begins_with(module: &[String], prefix: &str) -> bool {
    let mut segments = module.iter();
    prefix.split("::").all(|name| segments.next().is_some_and(|segment| segment == name))
}

fn layer(part: &str) -> Option<usize> {
    LAYERS.iter().position(|parts| parts.contains(&part))
}

/// Nothing is used from the same layer or one above.
pub fn arrows(source: &Source) -> Vec<String> {
    let Some(from) = source.part() else {
        return vec![format!("{}: this part has no place in LAYERS yet", source.file)];
    };
    let mut findings = Vec::new();
    for path in &source.paths {
        let Some(target) = source.resolve(&path.what) else { continue };
        // `#[macro_export]` puts the macro of db/value.rs at the root.
        let to = if target.first().is_some_and(|name| name == "params") { Some("db") } else { part(&target) };
        if to == Some(from) || target.is_empty() {
            continue;
        }
        if to.is_none_or(|to| layer(to) >= layer(from)) {
            findings.push(format!("{}:{}: {from} may not use {}", source.file, path.line, target.join("::")));
        }
    }
    findings
}

/// The frameworks stay in `http/`, the drivers in `db/sqlite/` and `db/postgres/`.
pub fn crates(source: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    for (folder, names) in ENCLOSED.iter().filter(|(folder, _)| !begins_with(&source.module, folder)) {
        for path in source.paths.iter().filter(|path| names.contains(&path.what[0].as_str())) {
            let name = &path.what[0];
            findings.push(format!("{}:{}: {name} may be named in {folder} only", source.file, path.line));
        }
    }
    findings
}

/// SQL is written in `db/schema/`; the rest of `db/` holds what steers a transaction and applies migrations.
pub fn sql(source: &Source) -> Vec<String> {
    if begins_with(&source.module, "db") {
        return Vec::new();
    }
    let literals = source.literals.iter().filter(|literal| is_sql(&literal.what));
    literals
        .map(|literal| format!("{}:{}: SQL outside db/schema: {}", source.file, literal.line, literal.what))
        .collect()
}

/// Words that make a text SQL when they follow each other directly.
const SQL_PAIRS: &[(&str, &[&str])] = &[
    ("INSERT", &["INTO"]),
    ("DELETE", &["FROM"]),
    ("CREATE", &["TABLE", "INDEX", "UNIQUE", "VIEW", "TRIGGER"]),
    ("ALTER", &["TABLE"]),
    ("DROP", &["TABLE", "INDEX", "VIEW", "TRIGGER"]),
    ("ORDER", &["BY"]),
    ("ON", &["CONFLICT"]),
    ("BEGIN", &["IMMEDIATE", "EXCLUSIVE", "DEFERRED", "TRANSACTION"]),
    ("ROLLBACK", &["TO"]),
];
/// Words that are SQL by themselves in upper case. `DELETE` is not: it is a method of HTTP.
const SQL_WORDS: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "WHERE",
    "JOIN",
    "RETURNING",
    "VALUES",
    "PRAGMA",
    "SAVEPOINT",
    "COMMIT",
    "ROLLBACK",
];

fn is_sql(literal: &str) -> bool {
    let words: Vec<&str> =
        literal.split(|character: char| !character.is_ascii_alphanumeric() && character != '_').collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let is_pair = |pair: &[&str]| {
        let follows = |(first, seconds): &(&str, &[&str])| pair[0] == *first && seconds.contains(&pair[1]);
        SQL_PAIRS.iter().any(follows)
    };
    if words.iter().any(|word| SQL_WORDS.contains(word)) || words.windows(2).any(is_pair) {
        return true;
    }
    // Written in lower case, it is known by how it begins: prose begins with a capital.
    let upper: Vec<String> = words.iter().map(|word| word.to_ascii_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    let is_lower = |word: &&str| word.bytes().all(|byte| !byte.is_ascii_uppercase());
    words.first().is_some_and(is_lower)
        && (upper.get(..2).is_some_and(is_pair)
            || (upper.first() == Some(&"SELECT") && upper.contains(&"FROM"))
            || (upper.first() == Some(&"UPDATE") && upper.get(2) == Some(&"SET")))
}

/// A handler reads top to bottom on one screen.
pub fn handlers(source: &Source) -> Vec<String> {
    if !["http::api", "http::oauth", "http::pages"].iter().any(|folder| begins_with(&source.module, folder)) {
        return Vec::new();
    }
    let long = source.functions.iter().filter(|function| function.what.1 > LONGEST_HANDLER);
    let say = |(name, lines): &(String, usize)| format!("{name} has {lines} lines, more than {LONGEST_HANDLER}");
    long.map(|function| format!("{}:{}: {}", source.file, function.line, say(&function.what))).collect()
}

/// A file that long holds more than one thing.
pub fn length(file: &Path, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines, more than {LONGEST_FILE}", file.display()))
}
