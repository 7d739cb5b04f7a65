//! What every engine promises of [`Tx`] and `Row`, shown on whichever the suite runs on.

use agentid::clock::Clock;
use agentid::db::migrate::{self, Backup, Migration};
use agentid::db::{Db, Error, Tx};
use agentid::params;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::settings;
use crate::support::database::is_postgres;

const SCHEMA: &[Migration] = &[Migration {
    name: "0001_kinds",
    sql: "CREATE TABLE kinds (
              id BIGINT NOT NULL PRIMARY KEY,
              number BIGINT,
              flag BOOLEAN,
              words TEXT,
              tag TEXT,
              CHECK (number IS NULL OR number <> 13)
          );
          CREATE UNIQUE INDEX idx_kinds_tag ON kinds (tag);
          CREATE TABLE parts (id BIGINT NOT NULL PRIMARY KEY, kind_id BIGINT NOT NULL REFERENCES kinds (id) ON DELETE CASCADE);",
}];

fn database() -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    migrate::migrate(&settings.engine, SCHEMA, Backup::None, &Clock::manual(0)).unwrap();
    let db = Db::open(&settings).unwrap();
    (folder, db)
}

type Kind = (Option<i64>, Option<bool>, Option<String>);

fn insert(tx: &mut Tx<'_>, id: i64, (number, flag, words): &Kind) -> Result<u64, Error> {
    let sql = "INSERT INTO kinds (id, number, flag, words) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, params![id, *number, *flag, words.as_deref()])
}

fn find(tx: &mut Tx<'_>, id: i64) -> Result<Kind, Error> {
    let row = tx.query_one("SELECT number, flag, words FROM kinds WHERE id = $1", params![id])?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_comes_back_as_it_was() {
    let (_folder, db) = database();
    let words = ["", "a", "\u{1F980} \u{202E}\u{0301} \r\n'\"\\%", &"\u{e9}".repeat(1 << 20)];
    let mut kinds: Vec<Kind> = vec![(None, None, None)];
    kinds.extend([i64::MIN, -1, 0, i64::MAX].map(|number| (Some(number), Some(number > 0), None)));
    kinds.extend(words.map(|words| (None, None, Some(words.to_owned()))));
    for (id, kind) in (0..).zip(kinds) {
        let written = kind.clone();
        assert_eq!(db.write(move |tx| insert(tx, id, &written)).await, Ok(1));
        assert!(db.read(move |tx| find(tx, id)).await.unwrap() == kind, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_are_compared_counted_and_selected_alike() {
    let (_folder, db) = database();
    db.write(|tx| {
        insert(tx, 1, &(None, Some(true), None))?;
        insert(tx, 2, &(None, Some(false), None))
    })
    .await
    .unwrap();
    let answer = |sql: &'static str| db.read(move |tx| tx.query_one(sql, params![true])?.get::<i64>(0));
    assert_eq!(answer("SELECT id FROM kinds WHERE flag = $1").await, Ok(1));
    let sums = "SELECT CAST(SUM(CASE WHEN flag = $1 THEN 1 ELSE 0 END) AS BIGINT) FROM kinds";
    assert_eq!(answer(sums).await, Ok(1));
    let exists = db.read(|tx| tx.query_one("SELECT EXISTS (SELECT 1 FROM kinds WHERE flag = FALSE)", &[])?.get(0));
    assert_eq!(exists.await, Ok(true));
    let missing = db.read(|tx| tx.query_one("SELECT number IS NULL FROM kinds WHERE id = 1", &[])?.get(0));
    assert_eq!(missing.await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_rule_is_named_and_undone() {
    let (_folder, db) = database();
    let insert = |id: i64, number: Option<i64>, tag: &'static str| {
        let sql = "INSERT INTO kinds (id, number, tag) VALUES ($1, $2, $3)";
        db.write(move |tx| tx.execute(sql, params![id, number, tag]))
    };
    assert_eq!(insert(1, Some(12), "first").await, Ok(1));
    for (id, number, tag) in [(1, None, "other"), (2, None, "first"), (3, Some(13), "third")] {
        let result = insert(id, number, tag).await;
        let names = |what: &str| what.contains("kinds") || what.contains("number");
        assert!(matches!(&result, Err(Error::Constraint(what)) if names(what)), "{result:?}");
    }
    let orphan = db.write(|tx| tx.execute("INSERT INTO parts (id, kind_id) VALUES (1, 7)", &[])).await;
    assert!(matches!(orphan, Err(Error::Constraint(_))), "{orphan:?}");
    let none = db.write(|tx| tx.execute("INSERT INTO parts (id) VALUES (1)", &[])).await;
    assert!(matches!(none, Err(Error::Constraint(_))), "{none:?}");
    let count = |tx: &mut Tx<'_>| {
        tx.query_one("SELECT (SELECT COUNT(*) FROM kinds) + (SELECT COUNT(*) FROM parts)", &[])?.get::<i64>(0)
    };
    assert_eq!(db.read(count).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_parent_deletes_its_children() {
    let (_folder, db) = database();
    let gone = db.write(|tx| {
        insert(tx, 1, &(None, None, None))?;
        tx.execute("INSERT INTO parts (id, kind_id) VALUES (1, 1)", &[])?;
        tx.execute("DELETE FROM kinds WHERE id = $1", params![1_i64])?;
        tx.query_opt("SELECT id FROM parts", &[])
    });
    assert!(gone.await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_that_is_expected_counts_no_row() {
    let (_folder, db) = database();
    let sql = "INSERT INTO kinds (id, tag) VALUES ($1, $2) ON CONFLICT (tag) DO NOTHING";
    let counts = db.write(move |tx| {
        let first = tx.execute(sql, params![1_i64, "same"])?;
        Ok::<_, Error>((first, tx.execute(sql, params![2_i64, "same"])?, tx.execute("DELETE FROM kinds", &[])?))
    });
    assert_eq!(counts.await, Ok((1, 0, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_does_not_fit_is_refused() {
    let (_folder, db) = database();
    for sql in ["SELECT nothing FROM kinds", "SELECT 1 FROM nowhere", "SELEKT 1", "SELECT id FROM kinds WHERE id = $2"]
    {
        let refused = db.read(move |tx| tx.query_all(sql, params![1_i64]).map(drop)).await;
        assert!(matches!(refused, Err(Error::Query(_))), "{sql}: {refused:?}");
    }
    let fits = db.read(|tx| tx.query_all("SELECT id FROM kinds WHERE id = $1", params![1_i64]));
    assert_eq!(fits.await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_ordered_by_their_bytes() {
    let (_folder, db) = database();
    let words = ["B", "a", "-b", "\u{e4}", "aa"];
    db.write(move |tx| {
        (0..).zip(words).try_for_each(|(id, words)| insert(tx, id, &(None, None, Some(words.to_owned()))).map(drop))
    })
    .await
    .unwrap();
    let sorted = db.read(|tx| {
        let rows = tx.query_all("SELECT words FROM kinds ORDER BY words", &[])?;
        rows.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(sorted.await.unwrap(), ["-b", "B", "a", "aa", "\u{e4}"]);
}

/// Two nodes count without a guarded statement: each closure reads, and writes what it has calculated.
#[tokio::test(flavor = "multi_thread")]
async fn closures_of_two_nodes_run_as_if_one_after_the_other() {
    const EACH: i64 = 50;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    migrate::migrate(&settings.engine, SCHEMA, Backup::None, &Clock::manual(0)).unwrap();
    let nodes = [Db::open(&settings).unwrap(), Db::open(&settings).unwrap()];
    nodes[0].write(|tx| insert(tx, 1, &(Some(100), None, None))).await.unwrap();
    let mut writes = JoinSet::new();
    for node in &nodes {
        for _ in 0..EACH {
            let node = node.clone();
            let count = |tx: &mut Tx<'_>| {
                let number: i64 = tx.query_one("SELECT number FROM kinds WHERE id = 1", &[])?.get(0)?;
                tx.execute("UPDATE kinds SET number = $1 WHERE id = 1", params![number + 1])
            };
            writes.spawn(async move {
                loop {
                    match node.write(count).await {
                        Ok(rows) => return assert_eq!(rows, 1),
                        Err(error) => assert_eq!(error, Error::Busy, "as a caller is told who is to come again"),
                    }
                }
            });
        }
    }
    writes.join_all().await;
    assert_eq!(nodes[0].read(|tx| find(tx, 1)).await.unwrap().0, Some(100 + 2 * EACH));
    let retries = nodes.iter().map(|node| node.statistics().retries).sum::<u64>();
    assert_eq!(retries > 0, is_postgres(), "the file lets one node wait for the other");
}

/// A savepoint that was asked for last must not hide that the transaction has begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_closure_that_ends_at_a_savepoint_leaves_nothing() {
    let (_folder, db) = database();
    for id in 1..=2 {
        let undone = db.write(move |tx| {
            insert(tx, id, &(None, None, None))?;
            tx.attempt::<(), Error>(|_| panic!("on purpose"))?
        });
        assert_eq!(undone.await, Err(Error::Panicked));
        let undone = db.write(move |tx| {
            insert(tx, id, &(None, None, None))?;
            tx.attempt(|_| Ok::<_, Error>(()))??;
            Err::<(), _>(Error::Busy)
        });
        assert_eq!(undone.await, Err(Error::Busy));
    }
    db.write(|tx| insert(tx, 3, &(None, None, None))).await.unwrap();
    let ids = db.read(|tx| tx.query_all("SELECT id FROM kinds", &[])?.iter().map(|row| row.get(0)).collect());
    assert_eq!(ids.await, Ok(vec![3_i64]));
    let reading = db.read(|tx| tx.attempt::<(), Error>(|_| panic!("on purpose"))?);
    assert_eq!(reading.await, Err(Error::Panicked));
}
