//! Applies the migrations on a PostgreSQL server that the user names, in a database that is made for it and dropped again,
//! and watches what each statement changes.
//!
//! Each statement is sent alone and nothing is put around it, so that CREATE INDEX CONCURRENTLY and a file's own
//! transactions do what they do elsewhere.

mod catalog;
mod relation;
mod rows;
mod server;
mod statements;
mod steps;

use std::sync::atomic::{AtomicBool, Ordering};

use postgres::Client;

use super::history::Histories;
use super::{ReplayError, refused, sha256};
use crate::folder::MigrationFile;
use crate::model::{Kind, Migration, Model, Place, Warning};
use relation::{Relation, Remade};
use rows::Made;
use statements::{Reach, Statement, statements};

/// Why the migrations can not be replayed there.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The URL can not be read.
    #[error("the URL of the server is not one of PostgreSQL's (postgres://user:password@host:5432/database): {0}")]
    Url(String),
    /// TLS needs them.
    #[error(
        "this machine has no certificates that it trusts, so TLS is not possible; sslmode=disable in the URL does without"
    )]
    NoCertificates,
    /// It is not there, does not let us in, or does not do what is needed.
    #[error("PostgreSQL on {server} can not be used: {message}")]
    NotReached {
        /// Host and port.
        server: String,
        /// Why.
        message: String,
    },
    /// The migrations are replayed in a database of their own.
    #[error("the role `{user}` may not create a database to replay the migrations in: ALTER ROLE {user} CREATEDB")]
    MayNotMake {
        /// Who the URL names.
        user: String,
    },
    /// A statement is wrong, or one that is not run here.
    #[error(transparent)]
    Statement(#[from] ReplayError),
    /// The server failed.
    #[error("the schema can not be read back: {}", server::in_full(.0))]
    Server(#[from] postgres::Error),
    /// The server answered something else than it was asked.
    #[error("the schema can not be read back: {0}")]
    Answer(#[from] serde_json::Error),
    /// Somebody wanted it to end.
    #[error("stopped; nothing is left on the server")]
    Stopped,
    /// All was done, but something is left on the server.
    #[error("the database `{name}` was made for the replay and could not be dropped: {message}")]
    NotDropped {
        /// Which.
        name: String,
        /// Why.
        message: String,
    },
}

/// Replays the files in their order on the server of this URL (`postgres://user:password@host:5432/database`). It ends
/// early, and cleans up, when `stop` becomes true.
///
/// # Errors
/// Any [`PostgresError`].
pub fn replay(files: &[MigrationFile], url: &str, stop: &AtomicBool) -> Result<Model, PostgresError> {
    server::in_scratch_database(url, |client| {
        let begin = rows::now(client)?;
        let mut replay = Replay {
            client,
            stop,
            histories: Histories::default(),
            relations: Vec::new(),
            remade: Remade::default(),
            is_open: false,
            warnings: Vec::new(),
        };
        for file in files {
            replay.apply(file)?;
            replay.histories.end_file();
        }
        replay.into_model(files, begin)
    })
}

/// A replay that is under way.
struct Replay<'a> {
    client: &'a mut Client,
    stop: &'a AtomicBool,
    histories: Histories,
    /// As they were when last looked at.
    relations: Vec<Relation>,
    remade: Remade,
    /// A transaction is.
    is_open: bool,
    warnings: Vec<Warning>,
}

impl Replay<'_> {
    fn apply(&mut self, file: &MigrationFile) -> Result<(), PostgresError> {
        let mut place = Place { file: file.name.clone(), line: 1 };
        for statement in statements(&file.up) {
            if self.stop.load(Ordering::Relaxed) {
                return Err(PostgresError::Stopped);
            }
            place.line = statement.line;
            self.run(&statement, &place)?;
        }
        if self.is_open {
            self.warn(&place, "The file begins a transaction and does not end it.");
            self.send("COMMIT", &place)?;
            self.is_open = false;
        }
        // Whatever has changed unnoticed.
        self.look(&place, "")
    }

    fn run(&mut self, statement: &Statement<'_>, place: &Place) -> Result<(), PostgresError> {
        match statement.reach() {
            Reach::Inside => {}
            Reach::Roles => {
                self.warn(place, "Roles and rights belong to the whole server: the statement was not run.");
                return Ok(());
            }
            Reach::Outside(why) => {
                let message = format!("the statement is not run here: {why}");
                return Err(refused(place.clone(), &message, statement.text).into());
            }
        }
        self.send(statement.text, place)?;
        self.is_open = statement.leaves_open(self.is_open);
        if statement.is_data() { Ok(()) } else { self.look(place, statement.text) }
    }

    fn send(&mut self, statement: &str, place: &Place) -> Result<(), PostgresError> {
        let sent = self.client.batch_execute(statement);
        sent.map_err(|error| refused(place.clone(), &server::in_full(&error), statement).into())
    }

    /// Compares the schema with what it was before the statement.
    fn look(&mut self, place: &Place, statement: &str) -> Result<(), PostgresError> {
        let mut now = catalog::read(self.client, self.is_open)?;
        steps::settle(&self.relations, &mut now, &mut self.remade);
        if let Some((one, other)) = alike(&now) {
            let message = format!("`{one}` and `{other}` differ in nothing but case, and can not both be documented");
            return Err(refused(place.clone(), &message, statement).into());
        }
        steps::observe(&mut self.histories, &self.relations, &now, place, statement);
        self.relations = now;
        Ok(())
    }

    fn warn(&mut self, place: &Place, text: &str) {
        self.warnings.push(Warning { file: place.file.clone(), line: place.line, text: text.to_owned() });
    }

    fn into_model(self, files: &[MigrationFile], begin: String) -> Result<Model, PostgresError> {
        // The migrations may have set what rows look like, and who may see them.
        self.client.batch_execute("DISCARD ALL")?;
        self.client.batch_execute(server::SETTINGS)?;
        let made = Made::new(files, begin, self.client)?;
        let Ok(mut tables) = self.histories.into_tables(&steps::by_name(&self.relations));
        for table in tables.iter_mut().filter(|table| table.kind == Kind::Table) {
            if let Some(relation) = self.relations.iter().find(|relation| relation.name() == table.name) {
                table.rows = rows::read(self.client, relation, table, &made)?;
            }
        }
        let migrations = files.iter().map(|file| Migration { file: file.name.clone(), sha256: sha256(&file.text) });
        Ok(Model { engine: "postgres", tables, migrations: migrations.collect(), warnings: self.warnings })
    }
}

/// Two tables, or two columns of one, whose names differ in nothing but case. Pages are files, and notes name columns as
/// SQLite does, so that neither tells them apart.
fn alike(relations: &[Relation]) -> Option<(String, String)> {
    let pair = |names: Vec<&str>| {
        let mut sorted: Vec<(String, &str)> = names.into_iter().map(|name| (name.to_lowercase(), name)).collect();
        sorted.sort();
        let same = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0)?;
        Some((same[0].1.to_owned(), same[1].1.to_owned()))
    };
    let columns = |relation: &Relation| pair(relation.columns.iter().map(|column| column.name.as_str()).collect());
    pair(relations.iter().map(Relation::name).collect()).or_else(|| relations.iter().find_map(columns))
}
