//! Group commit: who shares a commit, and that nobody pays for a neighbour.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use agentid::db::{Db, Error, Settings, Statistics};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{Refusal, hold_writer, ids, insert, open, queue, settings};
use crate::support::database::is_postgres;

fn database(change: impl FnOnce(&mut Settings)) -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(&folder);
    change(&mut settings);
    let db = open(&settings);
    (folder, db)
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_writes_share_commits_up_to_the_bound() {
    let (_folder, db) = database(|settings| settings.group = 4);
    let held = hold_writer(&db).await;
    let mut writes = Vec::new();
    for number in 0..10 {
        writes.push(queue(&db, move |tx| insert(tx, &number.to_string())).await);
    }
    held.release().await;
    for write in writes {
        write.await.unwrap().unwrap();
    }
    // The closure that held the writer, then 4 + 4 + 2.
    assert_eq!(db.statistics(), Statistics { groups: 4, closures: 11, retries: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_and_a_refusal_fail_alone() {
    let (_folder, db) = database(|_| {});
    let held = hold_writer(&db).await;
    let first = queue(&db, |tx| insert(tx, "first")).await;
    let panicking = queue(&db, |tx| {
        insert(tx, "panicking")?;
        tx.attempt::<(), Error>(|tx| {
            insert(tx, "deeper")?;
            panic!("on purpose")
        })?
    })
    .await;
    let refused = queue(&db, |tx| {
        insert(tx, "refused")?;
        Err::<(), _>(Refusal::Rule)
    })
    .await;
    let failing = queue(&db, |tx| insert(tx, "first")).await;
    let last = queue(&db, |tx| insert(tx, "last")).await;
    held.release().await;

    assert_eq!(first.await.unwrap(), Ok(()));
    assert_eq!(panicking.await.unwrap(), Err(Error::Panicked));
    assert_eq!(refused.await.unwrap(), Err(Refusal::Rule));
    assert!(matches!(failing.await.unwrap(), Err(Error::Constraint(_))));
    assert_eq!(last.await.unwrap(), Ok(()));
    assert_eq!(db.read(ids).await.unwrap(), ["first", "last"]);
    assert_eq!(db.statistics().groups, 2, "all five shared one commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_of_a_failure_run_twice_but_not_again_in_the_next_group() {
    let (_folder, db) = database(|_| {});
    for (group, expected) in [("first", 2), ("second", 1)] {
        let runs = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&runs);
        let held = hold_writer(&db).await;
        let neighbour = queue(&db, move |tx| {
            counts.fetch_add(1, Ordering::SeqCst);
            insert(tx, group)
        })
        .await;
        let refused = queue(&db, |_| Err::<(), _>(Refusal::Rule)).await;
        held.release().await;
        assert_eq!(neighbour.await.unwrap(), Ok(()));
        assert_eq!(refused.await.unwrap(), Err(Refusal::Rule));
        assert_eq!(runs.load(Ordering::SeqCst), expected, "{group}");
    }
    assert_eq!(db.read(ids).await.unwrap(), ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_transaction_fails_the_whole_group() {
    let (_folder, db) = database(|_| {});
    let held = hold_writer(&db).await;
    let before = queue(&db, |tx| insert(tx, "before")).await;
    // What a closure may never do; it stands for a lost connection or a full disk.
    let end = if is_postgres() { "SELECT pg_terminate_backend(pg_backend_pid())" } else { "ROLLBACK" };
    let culprit = queue(&db, move |tx| tx.execute(end, &[])).await;
    let after = queue(&db, |tx| insert(tx, "after")).await;
    held.release().await;

    for lost in [before.await.unwrap(), culprit.await.unwrap().map(drop), after.await.unwrap()] {
        assert!(matches!(lost, Err(Error::Unavailable(_))), "{lost:?}");
    }
    assert_eq!(db.read(ids).await.unwrap().len(), 0);
    assert!(db.last_write_failed());
    db.write(|tx| insert(tx, "next")).await.unwrap();
    assert!(!db.last_write_failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_caller_has_gone_is_not_begun() {
    let (_folder, db) = database(|_| {});
    let has_run = Arc::new(AtomicBool::new(false));
    let sees = Arc::clone(&has_run);
    let held = hold_writer(&db).await;
    let abandoned = queue(&db, move |tx| {
        sees.store(true, Ordering::SeqCst);
        insert(tx, "abandoned")
    })
    .await;
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    held.release().await;
    db.write(|tx| insert(tx, "next")).await.unwrap();
    assert!(!has_run.load(Ordering::SeqCst));
    assert_eq!(db.read(ids).await.unwrap(), ["next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once() {
    let (_folder, db) = database(|settings| settings.queue = 2);
    let held = hold_writer(&db).await;
    let first = queue(&db, |tx| insert(tx, "first")).await;
    let second = queue(&db, |tx| insert(tx, "second")).await;
    // The writer is still held: an answer shows that this one did not wait.
    assert_eq!(db.write(|tx| insert(tx, "third")).await, Err(Error::Busy));
    held.release().await;
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(db.read(ids).await.unwrap(), ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_many_callers_wrote_is_there_after_reopening() {
    let (folder, db) = database(|_| {});
    let mut writes = JoinSet::new();
    for caller in 0..32 {
        let db = db.clone();
        writes.spawn(async move {
            for number in 0..20 {
                db.write(move |tx| insert(tx, &format!("{caller}-{number}"))).await.unwrap();
            }
        });
    }
    writes.join_all().await;
    assert_eq!(db.statistics().closures, 640);
    drop(db);
    assert_eq!(open(&settings(&folder)).read(ids).await.unwrap().len(), 640);
}
