//! One SQL text for every engine: what SQLite alone, or PostgreSQL alone, understands is refused here.

use std::path::{Path, PathBuf};

/// What must not stand in a migration or a query, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("or ignore", "SQLite only: use ON CONFLICT"),
    ("or replace", "SQLite only: use ON CONFLICT"),
    ("autoincrement", "SQLite only: identifiers are UUIDs"),
    ("::", "PostgreSQL only: use CAST"),
    ("lower(", "differs beyond ASCII: lower-case in Rust"),
    ("upper(", "differs beyond ASCII: upper-case in Rust"),
    ("nocase", "SQLite only: lower-case in Rust"),
    ("for update", "PostgreSQL only: update the owner's row first"),
    (" strict", "SQLite only"),
    ("without rowid", "SQLite only"),
    ("now()", "PostgreSQL only: times are arguments"),
    ("current_timestamp", "times are arguments, in Unix seconds"),
    ("strftime", "SQLite only: times are arguments"),
    (" integer", "32 bits on PostgreSQL: use BIGINT"),
    (" datetime", "times are BIGINT, in Unix seconds"),
    (" blob", "BYTEA on PostgreSQL: use TEXT"),
    (" deferrable", "no deferred constraints"),
    ("ilike", "PostgreSQL only"),
    ("pragma", "SQLite only"),
    ("rowid", "SQLite only"),
    ("ifnull", "SQLite only: use COALESCE"),
    (") some", "a word of PostgreSQL's, and no alias there"),
    (") any", "a word of PostgreSQL's, and no alias there"),
    (") user", "a word of PostgreSQL's, and no alias there"),
];

#[test]
fn migrations_are_portable() {
    hold(&sql_files());
}

#[test]
fn queries_are_portable() {
    hold(&query_files());
}

#[test]
fn flags_are_compared_with_true_and_false() {
    for (path, text) in [sql_files(), query_files()].concat() {
        for flag in ["active", "used", "revoked", "is_hidden", "marked_for_cancellation"] {
            for number in ["0", "1"] {
                assert!(!text.contains(&format!("{flag} = {number}")), "{}: {flag} = {number}", path.display());
            }
        }
    }
}

/// PostgreSQL can not tell `ON` of a conflict from `ON` of a join unless a WHERE stands between.
#[test]
fn an_insert_from_a_select_has_a_where_before_its_conflict() {
    for (path, text) in query_files() {
        for statement in text.split("insert into").skip(1) {
            let statement = statement.split(';').next().unwrap_or_default();
            if let Some((before, _)) = statement.split_once("on conflict")
                && before.contains("select")
                && !before.contains("values")
            {
                assert!(before.contains("where"), "{}: {before}", path.display());
            }
        }
    }
}

#[track_caller]
fn hold(files: &[(PathBuf, String)]) {
    assert!(!files.is_empty());
    for (path, text) in files {
        for (word, why) in FORBIDDEN {
            assert!(!text.contains(word), "{} holds {word:?}: {why}", path.display());
        }
    }
}

fn sql_files() -> Vec<(PathBuf, String)> {
    files("migrations", "sql", without_sql_comments)
}

fn query_files() -> Vec<(PathBuf, String)> {
    files("src/db/schema", "rs", literals)
}

fn files(folder: &str, extension: &str, sql_of: fn(&str) -> String) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    paths.map(|path| (path.clone(), sql_of(&std::fs::read_to_string(&path).unwrap()).to_lowercase())).collect()
}

fn without_sql_comments(text: &str) -> String {
    text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The text literals of a Rust file, its comments left out; none of them holds an escaped quote.
fn literals(text: &str) -> String {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    code.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(";\n")
}
