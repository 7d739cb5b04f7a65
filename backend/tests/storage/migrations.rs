//! Migrations: in order, once, whole, and never over a schema that is not understood.

use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;

use agentid::clock::Clock;
use agentid::db::migrate::{self, Backup, MIGRATIONS, MigrateError, Migrated, Migration, State, Status};
use agentid::db::{Db, Engine, Settings};
use tempfile::TempDir;

const PARENT: Migration = Migration {
    name: "0001_parent",
    sql: "CREATE TABLE parents (id TEXT NOT NULL PRIMARY KEY);
          CREATE TABLE children (
              id TEXT NOT NULL PRIMARY KEY,
              parent_id TEXT NOT NULL REFERENCES parents (id) ON DELETE CASCADE
          );
          INSERT INTO parents (id) VALUES ('parent');
          INSERT INTO children (id, parent_id) VALUES ('child', 'parent');",
};
const REBUILD: Migration = Migration {
    name: "0002_rebuild",
    sql: "CREATE TABLE new_parents (id TEXT NOT NULL PRIMARY KEY, name TEXT);
          INSERT INTO new_parents (id) SELECT id FROM parents;
          DROP TABLE parents;
          ALTER TABLE new_parents RENAME TO parents;",
};
const ORPHAN: Migration = Migration { name: "0002_orphan", sql: "DELETE FROM parents;" };
const BROKEN: Migration =
    Migration { name: "0002_broken", sql: "CREATE TABLE half (id TEXT); CREATE TABLE half (id TEXT);" };

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agentid.db");
    (folder, path)
}

fn migrate(path: &Path, migrations: &[Migration]) -> Result<Migrated, MigrateError> {
    migrate::migrate(&Engine::file(path), migrations, Backup::Beside, &Clock::manual(1000))
}

/// One number from the database at `path`.
async fn count(path: &Path, sql: &'static str) -> i64 {
    let db = Db::open(&Settings::new(Engine::file(path))).unwrap();
    db.read(move |tx| tx.query_one(sql, &[])?.get(0)).await.unwrap()
}

#[test]
fn every_file_is_embedded_in_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> =
        folder.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort_unstable();
    let embedded: Vec<_> = MIGRATIONS.iter().map(|migration| format!("{}.sql", migration.name)).collect();
    assert_eq!(files, embedded);
}

#[tokio::test(flavor = "multi_thread")]
async fn this_versions_schema_applies_to_a_new_file_once() {
    let (_folder, path) = folder();
    let names: Vec<_> = MIGRATIONS.iter().map(|migration| migration.name).collect();
    assert_eq!(migrate(&path, MIGRATIONS).unwrap(), Migrated { applied: names, backup: None });
    assert_eq!(migrate(&path, MIGRATIONS).unwrap(), Migrated::default());
    migrate::check(&Engine::file(&path), MIGRATIONS).unwrap();
    assert_eq!(count(&path, "SELECT COUNT(*) FROM subscription_tiers").await, 5);
    let hashes = count(&path, "SELECT CAST(SUM(LENGTH(sha256)) AS BIGINT) FROM schema_migrations").await;
    assert_eq!(hashes, 64 * i64::try_from(MIGRATIONS.len()).unwrap());
}

#[test]
fn status_tells_applied_from_pending_and_makes_no_file() {
    let (_folder, path) = folder();
    let list = [PARENT, REBUILD];
    let status = |state| Status { name: PARENT.name.to_owned(), state };
    let pending = Status { name: REBUILD.name.to_owned(), state: State::Pending };
    assert_eq!(migrate::status(&Engine::file(&path), &list).unwrap(), [status(State::Pending), pending.clone()]);
    assert!(!path.exists());

    migrate(&path, &[PARENT]).unwrap();
    assert_eq!(migrate::status(&Engine::file(&path), &list).unwrap(), [status(State::Applied { at: 1000 }), pending]);
    let sentence = migrate::check(&Engine::file(&path), &list).unwrap_err().to_string();
    assert_eq!(sentence, "migration 0002_rebuild has not been applied to this database; run `agentid db migrate`");
    assert_eq!(migrate::status(&Engine::file(&path), &[]).unwrap(), [status(State::Unknown { at: 1000 })]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilding_a_parent_keeps_its_children() {
    let (_folder, path) = folder();
    migrate(&path, &[PARENT, REBUILD]).unwrap();
    assert_eq!(count(&path, "SELECT COUNT(*) FROM children").await, 1);
    assert_eq!(
        count(&path, "SELECT COUNT(*) FROM pragma_foreign_key_list('children') WHERE \"table\" = 'parents'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_breaks_a_reference_is_undone() {
    let (_folder, path) = folder();
    let sentence = migrate(&path, &[PARENT, ORPHAN]).unwrap_err().to_string();
    assert_eq!(
        sentence,
        "migration 0002_orphan failed and was undone: \
         a constraint was violated: a row of children refers to a missing row of parents"
    );
    assert_eq!(count(&path, "SELECT COUNT(*) FROM parents").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_migration_leaves_nothing_and_can_be_mended() {
    let (_folder, path) = folder();
    let failed = migrate(&path, &[PARENT, BROKEN]);
    assert!(matches!(failed, Err(MigrateError::Failed { name, .. }) if name == BROKEN.name));
    assert_eq!(count(&path, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'").await, 0);
    assert_eq!(migrate(&path, &[PARENT, REBUILD]).unwrap().applied, [REBUILD.name]);
}

#[test]
fn an_edited_migration_is_refused() {
    let (_folder, path) = folder();
    migrate(&path, &[PARENT]).unwrap();
    let edited = Migration { sql: "CREATE TABLE parents (id TEXT);", ..PARENT };
    let refused = migrate(&path, &[edited, REBUILD]);
    assert!(matches!(refused, Err(MigrateError::Edited(name)) if name == PARENT.name));
    assert!(matches!(migrate::check(&Engine::file(&path), &[edited]), Err(MigrateError::Edited(_))));
}

#[test]
fn a_newer_database_is_refused() {
    let (_folder, path) = folder();
    migrate(&path, &[PARENT, REBUILD]).unwrap();
    let refused = migrate(&path, &[PARENT]);
    assert!(matches!(refused, Err(MigrateError::Newer(name)) if name == REBUILD.name));
}

#[test]
fn a_gap_is_refused() {
    let (_folder, path) = folder();
    let last = Migration { name: "0003_last", sql: "CREATE TABLE last (id TEXT);" };
    migrate(&path, &[PARENT, last]).unwrap();
    let refused = migrate(&path, &[PARENT, REBUILD, last]).unwrap_err().to_string();
    assert_eq!(refused, "migration 0002_rebuild was never applied, although 0003_last, which follows it, was");
}

#[test]
fn runners_that_start_at_once_take_turns() {
    for _ in 0..20 {
        let (_folder, path) = folder();
        let barrier = Barrier::new(8);
        let run = || {
            barrier.wait();
            migrate(&path, &[PARENT, REBUILD]).unwrap().applied
        };
        let mut applied: Vec<_> = thread::scope(|scope| {
            let runners: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
            runners.into_iter().flat_map(|runner| runner.join().unwrap()).collect()
        });
        applied.sort_unstable();
        assert_eq!(applied, [PARENT.name, REBUILD.name], "each exactly once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_use_is_copied_first() {
    let (folder, path) = folder();
    assert_eq!(migrate(&path, &[PARENT]).unwrap().backup, None, "a new database holds nothing to lose");
    let expected = folder.path().join("agentid.db.before-0002");
    migrate(&path, &[PARENT, BROKEN]).unwrap_err();
    assert!(expected.exists(), "the failed attempt made its copy");

    assert_eq!(migrate(&path, &[PARENT, REBUILD]).unwrap().backup.as_ref(), Some(&expected));
    migrate::check(&Engine::file(&expected), &[PARENT]).unwrap();
    assert_eq!(count(&expected, "SELECT COUNT(*) FROM children").await, 1);
    assert_eq!(migrate(&path, &[PARENT, REBUILD]).unwrap().backup, None, "nothing was pending");
}
