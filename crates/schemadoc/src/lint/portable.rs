//! SQL that not every engine takes.

use crate::finding::{Finding, Level};
use crate::folder::MigrationFile;
use crate::sql::tokens::{Kind, Token, all};

/// A database that migrations are to run on unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite itself.
    Sqlite,
    /// Cloudflare D1: SQLite without files, and with foreign keys always on.
    D1,
    /// PostgreSQL.
    Postgres,
}

impl Engine {
    /// Reads `sqlite`, `d1` or `postgres`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sqlite" => Self::Sqlite,
            "d1" => Self::D1,
            "postgres" => Self::Postgres,
            _ => return None,
        })
    }
}

/// Words that stand one after the other, who does not take them, and what to write instead.
const RULES: &[(&[&str], &[Engine], &str)] = &[
    (&["AUTOINCREMENT"], &[Engine::Postgres], "make the id in the program"),
    (&["WITHOUT", "ROWID"], &[Engine::Postgres], "leave it out"),
    (&["STRICT"], &[Engine::Postgres], "leave it out, and let a test check the types"),
    (&["CREATE", "VIRTUAL"], &[Engine::Postgres], "keep it out of the shared migrations"),
    (&["CREATE", "TRIGGER"], &[Engine::Postgres], "do it in the program: trigger bodies differ"),
    (&["OR", "IGNORE"], &[Engine::Postgres], "ON CONFLICT DO NOTHING"),
    (&["OR", "REPLACE"], &[Engine::Postgres], "ON CONFLICT … DO UPDATE"),
    (&["NOCASE"], &[Engine::Postgres], "store the text in lower case"),
    (&["GLOB"], &[Engine::Postgres], "LIKE"),
    (&["IFNULL"], &[Engine::Postgres], "COALESCE"),
    (&["DATETIME"], &[Engine::Postgres], "Unix seconds in BIGINT"),
    (&["BLOB"], &[Engine::Postgres], "base64url in TEXT"),
    (&["UNIXEPOCH"], &[Engine::Postgres], "give the time from the program"),
    (&["STRFTIME"], &[Engine::Postgres], "give the time from the program"),
    (&["PRAGMA"], &[Engine::Postgres], "set it when the connection is opened"),
    (&["SERIAL"], &[Engine::Sqlite, Engine::D1], "make the id in the program"),
    (&["BIGSERIAL"], &[Engine::Sqlite, Engine::D1], "make the id in the program"),
    (&["JSONB"], &[Engine::Sqlite, Engine::D1], "JSON in TEXT"),
    (&["TIMESTAMPTZ"], &[Engine::Sqlite, Engine::D1], "Unix seconds in BIGINT"),
    (&["UUID"], &[Engine::Sqlite, Engine::D1], "TEXT"),
    (&["ILIKE"], &[Engine::Sqlite, Engine::D1], "LIKE on a text in lower case"),
    (&["ADD", "CONSTRAINT"], &[Engine::Sqlite, Engine::D1], "name it in CREATE TABLE"),
    (&["ALTER", "COLUMN"], &[Engine::Sqlite, Engine::D1], "add a column and fill it"),
    (&["ATTACH"], &[Engine::D1, Engine::Postgres], "one database holds all"),
    (&["BEGIN"], &[Engine::D1], "D1 runs each migration in a transaction of its own"),
    (&["COMMIT"], &[Engine::D1], "D1 runs each migration in a transaction of its own"),
    (&["VACUUM"], &[Engine::D1], "leave it to the operator"),
];

pub(super) fn findings(files: &[MigrationFile], engines: &[Engine]) -> Vec<Finding> {
    let rules: Vec<_> =
        RULES.iter().filter(|(_, refused, _)| refused.iter().any(|engine| engines.contains(engine))).collect();
    files.iter().flat_map(|file| of_file(file, &rules)).collect()
}

fn of_file(file: &MigrationFile, rules: &[&(&[&str], &[Engine], &str)]) -> Vec<Finding> {
    let tokens: Vec<Token<'_>> = all(&file.up).filter(|token| token.kind != Kind::Blank).collect();
    let mut findings = Vec::new();
    for at in 0..tokens.len() {
        for (words, _, instead) in rules {
            let follow = tokens.get(at..).unwrap_or_default();
            if follow.len() >= words.len() && words.iter().zip(follow).all(|(word, token)| token.is_word(word)) {
                let line = file.up.get(..tokens[at].start).unwrap_or_default().matches('\n').count() + 1;
                findings.push(Finding {
                    level: Level::Error,
                    rule: "not-portable",
                    object: words.join(" "),
                    place: format!("{}:{line}", file.name),
                    text: format!("Not every engine takes {}: {instead}.", words.join(" ")),
                });
            }
        }
    }
    findings
}
