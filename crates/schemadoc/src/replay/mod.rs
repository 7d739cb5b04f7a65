//! Applies the migrations in an in-memory SQLite, statement by statement, and watches what each one changes. So what is
//! documented is what SQLite made of them, and every part knows the line that it comes from.

mod carry;
mod database;
mod history;
pub mod postgres;
mod snapshot;
mod statements;

use clap::ValueEnum;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::folder::MigrationFile;
use crate::model::{Migration, Model, Place, Warning};
use database::{Database, Ran};
use history::Histories;
pub use snapshot::ROWS;
use statements::{Statement, Statements};

/// A database that replays migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// SQLite, in memory: no server is needed
    Sqlite,
    /// A PostgreSQL server
    Postgres,
}

/// Why the migrations can not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A statement is wrong, or one that this SQLite can not run.
    #[error("{place}: {message}\n    {statement}")]
    Statement {
        /// Where it begins.
        place: Place,
        /// SQLite's own words.
        message: String,
        /// Its first lines.
        statement: String,
    },
    /// The database itself failed.
    #[error("the schema can not be read back: {0}")]
    Database(#[from] rusqlite::Error),
}

/// Replays the files in their order.
///
/// # Errors
/// Any [`ReplayError`].
pub fn replay(files: &[MigrationFile]) -> Result<Model, ReplayError> {
    let mut database = Database::open()?;
    let mut histories = Histories::default();
    let mut warnings = Vec::new();
    for file in files {
        apply(file, &mut database, &mut histories, &mut warnings)?;
        histories.end_file();
    }
    let mut tables = histories.into_tables(database.connection())?;
    for table in &mut tables {
        let warning = snapshot::complete(database.connection(), table)?;
        let Place { file, line } = table.history.introduced.clone();
        warnings.extend(warning.map(|text| Warning { file, line, text }));
    }
    let migrations = files.iter().map(|file| Migration { file: file.name.clone(), sha256: sha256(&file.text) });
    Ok(Model { engine: "sqlite", tables, migrations: migrations.collect(), warnings })
}

fn apply(
    file: &MigrationFile,
    database: &mut Database,
    histories: &mut Histories,
    warnings: &mut Vec<Warning>,
) -> Result<(), ReplayError> {
    for Statement { text, line } in Statements::of(&file.up) {
        let place = Place { file: file.name.clone(), line };
        let mut warn = |text: String| warnings.push(Warning { file: place.file.clone(), line, text });
        match database.run(text, &mut warn) {
            Ok(Ran::Same) => {}
            Ok(Ran::Changed { touched }) => histories.observe(database.connection(), &touched, &place, text)?,
            Err(message) => return Err(refused(place, &message, text)),
        }
    }
    if database.end_transaction() {
        let text = "The file begins a transaction and does not end it.".to_owned();
        warnings.push(Warning { file: file.name.clone(), line: file.text.lines().count().max(1), text });
    }
    Ok(())
}

fn refused(place: Place, message: &str, statement: &str) -> ReplayError {
    let lines: Vec<&str> = statement.lines().take(5).collect();
    ReplayError::Statement { place, message: message.to_owned(), statement: lines.join("\n    ") }
}

fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
