//! SQL that not every engine takes.

use clap::ValueEnum;
use serde::Deserialize;

use crate::finding::{Finding, Level};
use crate::folder::MigrationFile;
use crate::sql::tokens::{Token, meaningful};

/// A database that migrations are to run on unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// SQLite itself.
    Sqlite,
    /// Cloudflare D1: SQLite without files, and with foreign keys always on.
    D1,
    /// PostgreSQL.
    Postgres,
}

impl Engine {
    /// Its name, as a person writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::D1 => "D1",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Where words mean what a rule is about. Elsewhere they are names, such as that of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Anywhere,
    /// At the beginning of a statement, and so not inside of a trigger.
    Statement,
    /// As a column's type.
    Type,
    /// Before a bracket.
    Call,
}

/// The rule that all of these are.
pub const NOT_PORTABLE: &str = "not-portable";

/// Words that stand one after the other, where, who does not take them, and what to write instead.
type Rule = (&'static [&'static str], Where, &'static [Engine], &'static str);

const POSTGRES: &[Engine] = &[Engine::Postgres];
const SQLITE: &[Engine] = &[Engine::Sqlite, Engine::D1];
const D1: &[Engine] = &[Engine::D1];

const RULES: &[Rule] = &[
    (&["AUTOINCREMENT"], Where::Anywhere, POSTGRES, "make the id in the program"),
    (&["WITHOUT", "ROWID"], Where::Anywhere, POSTGRES, "leave it out"),
    (&[")", "STRICT"], Where::Anywhere, POSTGRES, "leave it out, and let a test check the types"),
    (&["CREATE", "VIRTUAL"], Where::Anywhere, POSTGRES, "keep it out of the shared migrations"),
    (&["CREATE", "TRIGGER"], Where::Anywhere, POSTGRES, "do it in the program: trigger bodies differ"),
    (&["INSERT", "OR", "IGNORE"], Where::Anywhere, POSTGRES, "ON CONFLICT DO NOTHING"),
    (&["INSERT", "OR", "REPLACE"], Where::Anywhere, POSTGRES, "ON CONFLICT … DO UPDATE"),
    (&["REPLACE", "INTO"], Where::Statement, POSTGRES, "INSERT … ON CONFLICT … DO UPDATE"),
    (&["COLLATE", "NOCASE"], Where::Anywhere, POSTGRES, "store the text in lower case"),
    (&["GLOB"], Where::Anywhere, POSTGRES, "LIKE"),
    (&["IFNULL"], Where::Call, POSTGRES, "COALESCE"),
    (&["DATETIME"], Where::Type, POSTGRES, "Unix seconds in BIGINT"),
    (&["DATETIME"], Where::Call, POSTGRES, "give the time from the program"),
    (&["BLOB"], Where::Type, POSTGRES, "base64url in TEXT"),
    (&["UNIXEPOCH"], Where::Call, POSTGRES, "give the time from the program"),
    (&["STRFTIME"], Where::Call, POSTGRES, "give the time from the program"),
    (&["JULIANDAY"], Where::Call, POSTGRES, "give the time from the program"),
    (&["RANDOMBLOB"], Where::Call, POSTGRES, "give the value from the program"),
    (&["GROUP_CONCAT"], Where::Call, POSTGRES, "put the texts together in the program"),
    (&["JSON_EXTRACT"], Where::Call, POSTGRES, "read the JSON in the program"),
    (&["PRAGMA"], Where::Statement, POSTGRES, "set it when the connection is opened"),
    (&["SERIAL"], Where::Type, SQLITE, "make the id in the program"),
    (&["BIGSERIAL"], Where::Type, SQLITE, "make the id in the program"),
    (&["JSONB"], Where::Type, SQLITE, "JSON in TEXT"),
    (&["TIMESTAMPTZ"], Where::Type, SQLITE, "Unix seconds in BIGINT"),
    (&["UUID"], Where::Type, SQLITE, "TEXT"),
    (&["NOW"], Where::Call, SQLITE, "give the time from the program"),
    (&["BYTEA"], Where::Type, SQLITE, "base64url in TEXT"),
    (&["GEN_RANDOM_UUID"], Where::Call, SQLITE, "make the id in the program"),
    (&["CREATE", "TYPE"], Where::Statement, SQLITE, "TEXT with a CHECK"),
    (&["CREATE", "EXTENSION"], Where::Statement, SQLITE, "keep it out of the shared migrations"),
    (&["CREATE", "SEQUENCE"], Where::Statement, SQLITE, "make the id in the program"),
    (&["COMMENT", "ON"], Where::Statement, SQLITE, "write it into the notes"),
    (&["TRUNCATE"], Where::Statement, SQLITE, "DELETE FROM"),
    (&["INDEX", "CONCURRENTLY"], Where::Anywhere, SQLITE, "leave it out"),
    (&["ILIKE"], Where::Anywhere, SQLITE, "LIKE on a text in lower case"),
    (&["ADD", "CONSTRAINT"], Where::Anywhere, SQLITE, "name it in CREATE TABLE"),
    (&["ALTER", "COLUMN"], Where::Anywhere, SQLITE, "add a column and fill it"),
    (&["ATTACH"], Where::Statement, &[Engine::D1, Engine::Postgres], "one database holds all"),
    (&["BEGIN"], Where::Statement, D1, "D1 runs each migration in a transaction of its own"),
    (&["COMMIT"], Where::Statement, D1, "D1 runs each migration in a transaction of its own"),
    (&["ROLLBACK"], Where::Statement, D1, "D1 runs each migration in a transaction of its own"),
    (&["SAVEPOINT"], Where::Statement, D1, "D1 runs each migration in a transaction of its own"),
    (&["VACUUM"], Where::Statement, D1, "leave it to the operator"),
];

/// How many rules there are for these engines.
pub fn rules(engines: &[Engine]) -> usize {
    RULES.iter().filter(|(_, _, refused, _)| refused.iter().any(|engine| engines.contains(engine))).count()
}

pub(super) fn findings(files: &[MigrationFile], engines: &[Engine]) -> Vec<Finding> {
    files.iter().flat_map(|file| of_file(file, engines)).collect()
}

fn of_file(file: &MigrationFile, engines: &[Engine]) -> Vec<Finding> {
    let tokens = meaningful(&file.up);
    let mut findings = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        for (words, place, refused, instead) in RULES {
            let refusing: Vec<&str> =
                refused.iter().filter(|engine| engines.contains(engine)).map(|engine| engine.name()).collect();
            if refusing.is_empty() || !stands_at(&tokens, at, words, *place) {
                continue;
            }
            let words = words.join(" ").trim_start_matches(") ").to_owned();
            let line = file.up.get(..token.start).unwrap_or_default().matches('\n').count() + 1;
            findings.push(Finding {
                level: Level::Error,
                rule: NOT_PORTABLE,
                place: format!("{}:{line}", file.name),
                text: format!("{words} does not run on {}: {instead}.", refusing.join(" and ")),
                object: words,
            });
        }
    }
    findings
}

fn stands_at(tokens: &[Token<'_>], at: usize, words: &[&str], place: Where) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word) || token.text == word);
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    if !words.iter().enumerate().all(|(offset, word)| is(at + offset, word)) {
        return false;
    }
    match place {
        Where::Anywhere => true,
        Where::Statement => before(1).is_none_or(|token| token.is_sign(';')),
        Where::Call => is(at + words.len(), "("),
        // A column's name is behind a bracket, a comma, ADD or COLUMN, and its type behind the name.
        Where::Type => {
            let begins = |token: &Token<'_>| {
                ["(", ",", "ADD", "COLUMN"].iter().any(|word| token.text.eq_ignore_ascii_case(word))
            };
            before(2).is_some_and(begins) && before(1).is_some_and(|token| !begins(token) && token.name().is_some())
        }
    }
}
