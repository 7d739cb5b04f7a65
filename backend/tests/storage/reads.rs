//! Reads: one snapshot each, never a write, never without end.

use std::sync::mpsc;
use std::time::Duration;

use agentid::db::{Error, Settings};

use super::{ids, insert, open, settings};
use crate::support::database;

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_reads_its_own_write() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&settings(&folder));
    for number in 1..=100 {
        db.write(move |tx| insert(tx, &number.to_string())).await.unwrap();
        assert_eq!(db.read(ids).await.unwrap().len(), number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_sees_one_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&settings(&folder));
    let (go_on, wait) = mpsc::channel();
    let (entered, mut is_entered) = tokio::sync::mpsc::unbounded_channel();
    let reading = db.clone();
    let read = tokio::spawn(async move {
        let closure = move |tx: &mut agentid::db::Tx<'_>| {
            let before = ids(tx)?;
            entered.send(()).unwrap();
            wait.recv().unwrap();
            Ok::<_, Error>((before, ids(tx)?))
        };
        reading.read(closure).await
    });
    is_entered.recv().await.unwrap();
    db.write(|tx| insert(tx, "meanwhile")).await.unwrap();
    go_on.send(()).unwrap();
    assert_eq!(read.await.unwrap(), Ok((vec![], vec![])));
    assert_eq!(db.read(ids).await.unwrap(), ["meanwhile"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_can_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&settings(&folder));
    assert!(matches!(db.read(|tx| insert(tx, "refused")).await, Err(Error::Query(_))));
    let stubborn = db.read(|tx| {
        let off =
            if database::is_postgres() { "SELECT 1; SET TRANSACTION READ WRITE" } else { "PRAGMA query_only = OFF" };
        tx.execute_batch(off)?;
        insert(tx, "refused")
    });
    assert!(matches!(stubborn.await, Err(Error::Query(_))));
    assert_eq!(db.read(ids).await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_has_a_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&Settings { readers: 1, read_deadline: Duration::from_millis(100), ..settings(&folder) });
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
    assert_eq!(db.read(move |tx| tx.query_one(endless, &[]).map(drop)).await, Err(Error::Deadline));
    let many: Result<(), Error> = db
        .read(|tx| {
            // Each short, and each new, so that none of them grows old in the statement cache.
            (0..).try_for_each(|number: i64| tx.query_one(&format!("SELECT {number}"), &[]).map(drop))
        })
        .await;
    assert_eq!(many, Err(Error::Deadline));
    assert_eq!(db.read(ids).await.unwrap().len(), 0, "the only connection serves the next read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panicking_read_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&Settings { readers: 1, ..settings(&folder) });
    for _ in 0..3 {
        let panicking = db.read(|tx| {
            ids(tx)?;
            if true { panic!("on purpose") } else { Ok::<(), Error>(()) }
        });
        assert_eq!(panicking.await, Err(Error::Panicked));
    }
    db.write(|tx| insert(tx, "later")).await.unwrap();
    assert_eq!(db.read(ids).await.unwrap(), ["later"], "its snapshot has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_waiting_reads_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&Settings { readers: 1, queue: 0, ..settings(&folder) });
    let (go_on, wait) = mpsc::channel();
    let (entered, mut is_entered) = tokio::sync::mpsc::unbounded_channel();
    let reading = db.clone();
    let first = tokio::spawn(async move {
        reading
            .read(move |_| {
                entered.send(()).unwrap();
                wait.recv().unwrap();
                Ok::<_, Error>(())
            })
            .await
    });
    is_entered.recv().await.unwrap();
    assert_eq!(db.read(ids).await, Err(Error::Busy));
    go_on.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(db.read(ids).await, Ok(vec![]));
}
