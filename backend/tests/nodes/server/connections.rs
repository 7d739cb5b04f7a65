//! Connections that are lost while they idle, while they work, and in the midst of a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use agentid::clock::Clock;
use agentid::db::migrate::{self, Backup, Migration};
use agentid::db::{Db, Engine, Error, Settings, Tx};

use crate::support::database;

const SCHEMA: &[Migration] = &[Migration {
    name: "0001_notes",
    sql: "CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY);
          CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
          CREATE CONSTRAINT TRIGGER cut_at_commit AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
              FOR EACH ROW WHEN (NEW.id = 13) EXECUTE FUNCTION cut();",
}];

fn open(change: impl FnOnce(&mut Settings)) -> Db {
    let mut settings = Settings::new(database::server(&database::new_empty_database()));
    change(&mut settings);
    migrate::migrate(&settings.engine, SCHEMA, Backup::None, &Clock::manual(0)).unwrap();
    Db::open(&settings).unwrap()
}

fn insert(tx: &mut Tx<'_>, id: i64) -> Result<u64, Error> {
    tx.execute("INSERT INTO notes (id) VALUES ($1)", agentid::params![id])
}

fn count(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.query_one("SELECT COUNT(*) FROM notes", &[])?.get(0)
}

/// Ends every other connection to the database.
fn cut_others(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    tx.query_one(sql, &[])?.get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_lost_idle_is_made_anew_unnoticed() {
    let db = open(|settings| settings.readers = 1);
    for round in 0..3 {
        db.write(move |tx| insert(tx, round)).await.unwrap();
        assert_eq!(db.read(cut_others).await, Ok(1), "the writer's");
        db.write(move |tx| insert(tx, 100 + round)).await.unwrap();
        assert_eq!(db.write(cut_others).await, Ok(1), "the reader's");
        assert_eq!(db.read(count).await, Ok(2 * (round + 1)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_lost_in_a_commit_leaves_an_unknown_outcome_and_nothing_runs_twice() {
    let db = open(|_| {});
    let runs = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&runs);
    let cut = db.write(move |tx| {
        counts.fetch_add(1, Ordering::SeqCst);
        insert(tx, 13)
    });
    let outcome = cut.await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    db.write(|tx| insert(tx, 1)).await.unwrap();
    assert_eq!(db.read(count).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_has_a_deadline() {
    let short = Duration::from_millis(300);
    let db = open(|settings| {
        settings.read_deadline = short;
        if let Engine::Postgres(postgres) = &mut settings.engine {
            postgres.statement_timeout = short;
        }
    });
    let sleep = |tx: &mut Tx<'_>| tx.execute("SELECT pg_sleep(20)", &[]);
    assert_eq!(db.read(sleep).await, Err(Error::Deadline));
    assert_eq!(db.write(sleep).await, Err(Error::Deadline));
    db.write(|tx| insert(tx, 1)).await.unwrap();
    assert_eq!(db.read(count).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction_is_never_committed() {
    let db = open(|_| {});
    let swallowed = db.write(|tx| {
        insert(tx, 1)?;
        drop(tx.execute("SELECT nothing", &[]));
        Ok::<_, Error>(())
    });
    assert!(matches!(swallowed.await, Err(Error::Query(_))));
    // Kept back until it is committed: what steers the transaction fails late.
    let late = db.write(|tx| {
        insert(tx, 2)?;
        tx.execute_batch("COMMIT; SELECT nothing")
    });
    assert!(late.await.is_err());
    db.write(|tx| insert(tx, 3)).await.unwrap();
}

#[test]
fn a_server_that_is_not_there_or_not_ours_is_named_without_the_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://agentid:hunter2@127.0.0.1:{free}/agentid");
    let engine = database::server(&url);
    assert_eq!(engine.place(), format!("postgres://agentid@127.0.0.1:{free}/agentid"));
    let error = migrate::status(&engine, SCHEMA).unwrap_err().to_string();
    assert!(error.contains("unavailable") && !error.contains("hunter2"), "{error}");
    assert!(!format!("{engine:?}").contains("hunter2"));
}

/// One that takes connections and never says a word, as a machine in trouble does.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_answer_is_passed_over() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = database::new_empty_database();
    let both = url.replace("@127.0.0.1:", &format!("@127.0.0.1:{port},127.0.0.1:"));
    let engine = |url: &str| {
        let Engine::Postgres(mut postgres) = database::server(url) else { unreachable!() };
        postgres.connect_timeout = Duration::from_millis(200);
        Engine::Postgres(postgres)
    };
    let alone = url.split_once("@127.0.0.1:").unwrap().0.to_owned() + &format!("@127.0.0.1:{port}/postgres");
    let error = Db::open(&Settings::new(engine(&alone))).map(drop).unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error}");

    let engine = engine(&both);
    migrate::migrate(&engine, SCHEMA, Backup::None, &Clock::manual(0)).unwrap();
    let db = Db::open(&Settings::new(engine)).unwrap();
    db.write(|tx| insert(tx, 1)).await.unwrap();
    assert_eq!(db.read(count).await, Ok(1));
}

#[test]
fn a_url_says_which_host_with_which_password() {
    let place = |url: &str| url.parse::<agentid::db::Url>().map(|url| url.to_string());
    for url in [
        "postgres://id@db.example/agentid",
        "postgres://id:p%40ss@db.example/agentid",
        "postgresql://id@db.example/agentid?sslmode=verify-full",
        "postgres://id@db.example/agentid?sslmode=disable&connect_timeout=3",
    ] {
        assert_eq!(place(url).as_deref(), Ok("postgres://id@db.example:5432/agentid"), "{url}");
    }
    assert_eq!(place("postgres://id@one,two:6/db").as_deref(), Ok("postgres://id@one:5432,two:6/db"));
    for url in
        ["postgres://id:p@ss@db/agentid", "postgres:///agentid", "postgres://id@db/agentid?sslmode=maybe", "mysql://db"]
    {
        assert!(place(url).is_err(), "{url}");
    }
}
