//! The files: how they are opened, who may read them, and that the log does not grow without end.

use std::fs::metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Barrier, mpsc};
use std::thread;

use agentid::db::{Db, Engine, Error, Settings};
use tempfile::TempDir;

use super::{file_settings, ids, insert, insert_long, open};

fn log_of(folder: &TempDir) -> PathBuf {
    folder.path().join("agentid.db-wal")
}

fn mode(path: &Path) -> u32 {
    metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn the_writer_is_durable_and_keeps_references() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&file_settings(&folder));
    let number = |pragma: &'static str| db.write(move |tx| tx.query_one(pragma, &[])?.get::<i64>(0));
    assert_eq!(number("PRAGMA synchronous").await, Ok(2), "FULL");
    assert_eq!(number("PRAGMA foreign_keys").await, Ok(1));
    assert_eq!(number("PRAGMA busy_timeout").await, Ok(5000));
    assert_eq!(number("PRAGMA wal_autocheckpoint").await, Ok(0));
    let journal = db.write(|tx| tx.query_one("PRAGMA journal_mode", &[])?.get::<String>(0)).await;
    assert_eq!(journal.unwrap(), "wal");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_may_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&file_settings(&folder));
    db.write(|tx| insert(tx, "secret")).await.unwrap();
    let mut files = 0;
    for file in folder.path().read_dir().unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and the log's index");
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_leaves_one_clean_file() {
    let folder = tempfile::tempdir().unwrap();
    let settings = file_settings(&folder);
    let db = open(&settings);
    db.write(|tx| insert(tx, "kept")).await.unwrap();
    db.read(ids).await.unwrap(); // so that a reader's connection is open too
    drop(db);
    assert_eq!(folder.path().read_dir().unwrap().count(), 1, "the log was emptied and removed");
    assert_eq!(open(&settings).read(ids).await.unwrap(), ["kept"]);
}

#[test]
fn a_new_file_can_be_opened_by_many_at_once() {
    // Turning the write-ahead log on is the one moment in which SQLite does not wait for others.
    for _ in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        let settings = file_settings(&folder);
        let barrier = Barrier::new(8);
        let opened = || {
            barrier.wait();
            Db::open(&settings).map(drop)
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(opened)).collect();
            threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), Ok(())));
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("agentid.db");
    let error = Db::open(&Settings::new(Engine::file(path))).map(drop);
    assert!(matches!(error, Err(Error::Unavailable(message)) if message.contains("missing")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_private_and_never_replaces_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&file_settings(&folder));
    db.write(|tx| insert(tx, "kept")).await.unwrap();
    let target = folder.path().join("copy.db");
    db.backup_to(&target).await.unwrap();
    assert_eq!(mode(&target), 0o600);
    db.write(|tx| insert(tx, "later")).await.unwrap();

    let again = db.backup_to(&target).await;
    assert!(matches!(again, Err(Error::Unavailable(message)) if message.contains("copy.db")));
    let copy = Db::open(&Settings::new(Engine::file(target))).unwrap();
    assert_eq!(copy.read(ids).await.unwrap(), ["kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_begins_anew_once_a_reader_lets_go() {
    const LIMIT: u64 = 64 << 20;
    let folder = tempfile::tempdir().unwrap();
    let settings = file_settings(&folder);
    let db = open(&settings);
    let write = |id: String| db.write(move |tx| insert_long(tx, &id, 4 << 20));

    let (release, released) = mpsc::channel();
    let (entered, mut is_entered) = tokio::sync::mpsc::unbounded_channel();
    let reading = db.clone();
    let reader = tokio::spawn(async move {
        let closure = move |tx: &mut agentid::db::Tx<'_>| {
            ids(tx)?;
            entered.send(()).unwrap();
            released.recv().unwrap();
            Ok::<_, Error>(())
        };
        reading.read(closure).await
    });
    is_entered.recv().await.unwrap();
    for number in 0..18 {
        write(format!("pinned {number}")).await.unwrap();
    }
    assert!(metadata(log_of(&folder)).unwrap().len() > LIMIT, "the reader's snapshot pins the log");

    release.send(()).unwrap();
    reader.await.unwrap().unwrap();
    // The other thread still moves what there is, and only then can the log begin anew.
    for number in 0.. {
        db.write(move |tx| insert(tx, &format!("free {number}"))).await.unwrap();
        if metadata(log_of(&folder)).unwrap().len() <= 16 << 20 {
            break;
        }
        assert!(number < 20_000, "the log is still long");
    }
}

/// A checkpoint beside a busy writer never catches up: the writer has to take the last step itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_short_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let settings = file_settings(&folder);
    let db = open(&settings);
    let writers = (0..16).map(|writer| {
        let db = db.clone();
        tokio::spawn(async move {
            for number in 0..200 {
                db.write(move |tx| insert_long(tx, &format!("{writer} {number}"), 64 << 10)).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let longest = metadata(log_of(&folder)).unwrap().len();
    assert!(longest < 64 << 20, "{longest} bytes of 200 MiB");
}
