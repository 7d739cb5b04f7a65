//! The database engine and its traps.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod contract;
mod files;
mod full_disk;
mod groups;
mod migrations;
mod placeholders;
mod reads;
mod transactions;

use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Waker};

use agentid::clock::Clock;
use agentid::db::migrate::{self, Backup, Migration};
use agentid::db::{Db, Engine, Error, Settings, Tx};
use agentid::params;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::support::database;

const SCHEMA: &[Migration] = &[Migration {
    name: "0001_notes",
    sql: "CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL);
          CREATE TABLE server_values (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);",
}];

/// What a closure of these tests refuses with.
#[derive(Debug, PartialEq)]
enum Refusal {
    Rule,
    Database(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

fn settings(folder: &TempDir) -> Settings {
    Settings::new(database::empty_engine(folder.path()))
}

/// The same on a file, for what only a file has.
fn file_settings(folder: &TempDir) -> Settings {
    Settings::new(Engine::file(folder.path().join("agentid.db")))
}

/// Opens a database with the table `notes (id, body)`.
fn open(settings: &Settings) -> Db {
    migrate::migrate(&settings.engine, SCHEMA, Backup::None, &Clock::manual(0)).unwrap();
    Db::open(settings).unwrap()
}

fn insert(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    tx.execute("INSERT INTO notes (id, body) VALUES ($1, '')", params![id]).map(drop)
}

/// A note with `id` whose body is as long as asked.
fn insert_long(tx: &mut Tx<'_>, id: &str, bytes: usize) -> Result<(), Error> {
    tx.execute("INSERT INTO notes (id, body) VALUES ($1, $2)", params![id, &"x".repeat(bytes)]).map(drop)
}

fn ids(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    tx.query_all("SELECT id FROM notes ORDER BY id", &[])?.iter().map(|row| row.get(0)).collect()
}

/// Starts a write and returns once it stands in the queue.
async fn queue<T, E, F>(db: &Db, closure: F) -> JoinHandle<Result<T, E>>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let db = db.clone();
    let (queued, is_queued) = tokio::sync::oneshot::channel();
    let write = tokio::spawn(async move {
        let mut write = pin!(db.write(closure));
        let first = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(first.is_pending(), "the writer is held, so nothing is answered yet");
        queued.send(()).unwrap();
        write.await
    });
    is_queued.await.unwrap();
    write
}

/// The writer, stopped inside a closure, so that what is queued meanwhile becomes one group.
struct Held {
    release: mpsc::Sender<()>,
    closure: JoinHandle<Result<(), Error>>,
}

impl Held {
    async fn release(self) {
        self.release.send(()).unwrap();
        self.closure.await.unwrap().unwrap();
    }
}

async fn hold_writer(db: &Db) -> Held {
    let (release, released) = mpsc::channel();
    let (entered, mut is_entered) = tokio::sync::mpsc::unbounded_channel();
    let db = db.clone();
    let closure = tokio::spawn(async move {
        db.write(move |_| {
            entered.send(()).unwrap();
            released.recv().unwrap();
            Ok::<_, Error>(())
        })
        .await
    });
    is_entered.recv().await.unwrap();
    Held { release, closure }
}
