//! SQLite answers a full disk inside a savepoint by rolling back the whole transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agentid::db::{Engine, Error, Settings, Sqlite, Synchronous};
use tempfile::TempDir;

use super::{file_settings, hold_writer, ids, insert, insert_long, open, queue};

/// On a file that may have so many pages.
fn small(folder: &TempDir, pages: u32) -> Settings {
    let path = folder.path().join("agentid.db");
    Settings::new(Engine::Sqlite(Sqlite { path, synchronous: Synchronous::Full, max_pages: Some(pages) }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_fails_its_whole_group_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&small(&folder, 32));
    db.write(|tx| insert(tx, "answered")).await.unwrap();

    let has_run = Arc::new(AtomicBool::new(false));
    let sees = Arc::clone(&has_run);
    let held = hold_writer(&db).await;
    let before = queue(&db, |tx| insert(tx, "before")).await;
    let large = queue(&db, |tx| {
        // Even a closure that does not care must not be told "done".
        let _ = insert_long(tx, "large", 1 << 20);
        Ok::<_, Error>(())
    })
    .await;
    let after = queue(&db, move |tx| {
        sees.store(true, Ordering::SeqCst);
        insert(tx, "after")
    })
    .await;
    held.release().await;

    assert_eq!(before.await.unwrap(), Err(Error::Full));
    assert_eq!(large.await.unwrap(), Err(Error::Full));
    assert_eq!(after.await.unwrap(), Err(Error::Full));
    assert!(!has_run.load(Ordering::SeqCst), "outside of the transaction it would have been written at once");
    assert!(db.last_write_failed());
    assert_eq!(db.read(ids).await.unwrap(), ["answered"]);

    db.write(|tx| insert(tx, "later")).await.unwrap();
    assert!(!db.last_write_failed());
    drop(db);
    let db = open(&file_settings(&folder));
    assert_eq!(db.read(ids).await.unwrap(), ["answered", "later"]);
    db.write(|tx| insert_long(tx, "large", 1 << 20)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_with_space_again_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&small(&folder, 64));
    let mut written = 0;
    while db.write(move |tx| insert_long(tx, &written.to_string(), 3000)).await.is_ok() {
        assert!(db.is_writable().await);
        written += 1;
    }
    assert!(db.last_write_failed());
    assert!(!db.is_writable().await, "the probe needs more than is left");
    assert!(db.last_write_failed());

    let other = rusqlite::Connection::open(folder.path().join("agentid.db")).unwrap();
    assert_eq!(other.execute("DELETE FROM notes", []).unwrap(), written);
    assert!(db.is_writable().await);
    assert!(!db.last_write_failed());
    let left = db.read(|tx| tx.query_one("SELECT COUNT(*) FROM server_values", &[])?.get::<i64>(0)).await;
    assert_eq!(left, Ok(0), "the probe leaves nothing behind");
}
