//! Migrations: embedded, applied in order and once, each in a transaction that also records its name and SHA-256.

use std::collections::BTreeMap;
use std::fs::{File, remove_file};
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;

use super::engine::Migrator;
use super::{Engine, Error, Sqlite, Tx, apart, params, sqlite};
use crate::clock::Clock;

/// One file of `backend/migrations/`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The file's name without `.sql`; names sort in the order of application.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

macro_rules! embed {
    ($($name:literal),* $(,)?) => {
        &[$(Migration { name: $name, sql: include_str!(concat!("../../migrations/", $name, ".sql")) }),*]
    };
}

/// Every migration of this version, in order.
pub const MIGRATIONS: &[Migration] = embed![
    "0001_initial",
    "0004_add_oauth_client_disabled_fields",
    "0005_create_subscription_tiers",
    "0006_add_oversight_controls",
    "0007_create_signing_keys",
    "0008_add_one_call_tokens",
    "0009_add_oauth_by_api",
    "0010_merge_token_indexes",
    "0011_find_families_by_agent",
    "0012_add_id_tokens",
    "0013_add_signing_algorithms",
    "0014_add_redirect_flow",
    "0015_add_strict_profile",
    "0016_add_backchannel_logout",
    "0017_add_security_log",
    "0018_add_authorization_days",
    "0019_add_account_links",
    "0020_add_mail",
    "0021_add_subscriptions",
    "0022_add_settlements",
    "0023_add_shadow_claims",
    "0024_keep_paid_tiers",
];

const CREATE_HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    name TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)";

/// Why the schema can not be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A file was changed after it had been applied.
    #[error("migration {0} was edited after it had been applied to this database; restore it, and add a new one")]
    Edited(String),
    /// The database holds a migration that this version does not have.
    #[error("the database is newer than this version of agentid: it holds migration {0}, which is unknown here")]
    Newer(String),
    /// A migration is missing in the middle.
    #[error("migration {missing} was never applied, although {applied}, which follows it, was")]
    OutOfOrder {
        /// The one that is missing.
        missing: String,
        /// One behind it that was applied.
        applied: String,
    },
    /// The schema is older than this version; from [`check`] only.
    #[error("migration {0} has not been applied to this database; run `agentid db migrate`")]
    Pending(String),
    /// A migration failed. Nothing of it was kept; those before it were.
    #[error("migration {name} failed and was undone: {source}")]
    Failed {
        /// Which one.
        name: String,
        /// How.
        source: Error,
    },
    /// The copy that comes before any change could not be made; nothing was changed.
    #[error("the database could not be copied to {path} before migrating, so it was not migrated: {source}", path = .path.display())]
    Backup {
        /// Where the copy was to be.
        path: PathBuf,
        /// Why not.
        source: Error,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
}

/// A migration as one database sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// As in [`Migration::name`].
    pub name: String,
    /// Whether it was applied.
    pub state: State,
}

/// Whether a migration was applied. Times are Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Applied, and the file is the same.
    Applied {
        /// When.
        at: i64,
    },
    /// Applied, but the file has been changed since.
    Edited {
        /// When.
        at: i64,
    },
    /// Applied by a newer version; there is no such file here.
    Unknown {
        /// When.
        at: i64,
    },
    /// Not applied.
    Pending,
}

/// Whether [`migrate`] first copies a database that is already in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backup {
    /// Beside itself: `agentid.db.before-0008`, replacing a copy that a failed attempt left there.
    Beside,
    /// No copy.
    None,
}

/// What [`migrate`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The names of the migrations that it applied, in order.
    pub applied: Vec<&'static str>,
    /// The copy that it made.
    pub backup: Option<PathBuf>,
}

/// Every migration that the program or the database knows, by name. A file that does not exist has none, and
/// is not made. Blocks.
pub fn status(engine: &Engine, migrations: &[Migration]) -> Result<Vec<Status>, MigrateError> {
    apart(|| {
        let history = match Migrator::open_reading(engine)? {
            Some(migrator) => migrator.run(history)?,
            None => History::new(),
        };
        Ok(compare(migrations, &history))
    })
}

/// `Ok` when the schema is exactly this version's; [`MigrateError::Pending`] when it is older. Blocks.
pub fn check(engine: &Engine, migrations: &[Migration]) -> Result<(), MigrateError> {
    match next(&status(engine, migrations)?)? {
        Some(name) => Err(MigrateError::Pending(name.to_owned())),
        None => Ok(()),
    }
}

/// Whether the schema is exactly this version's, as seen by a running server.
pub fn is_current(tx: &mut Tx<'_>) -> Result<bool, Error> {
    Ok(matches!(next(&compare(MIGRATIONS, &history(tx)?)), Ok(None)))
}

/// Applies what is pending, to a new database too. Processes that start at once take turns. Blocks.
pub fn migrate(
    engine: &Engine,
    migrations: &[Migration],
    backup: Backup,
    clock: &Clock,
) -> Result<Migrated, MigrateError> {
    apart(|| {
        let _turn = take_turn(engine).map_err(|error| Error::Unavailable(format!("{}: {error}", engine.place())))?;
        let migrator = Migrator::open(engine)?;
        let mut migrated = Migrated::default();
        loop {
            let is_first = migrated.applied.is_empty();
            // Each step looks anew, alone with the database: a server of another version may be running.
            let step = |tx: &mut Tx<'_>| {
                let history = history(tx)?;
                let statuses = compare(migrations, &history);
                let pending = next(&statuses)?.and_then(|name| migrations.iter().find(|one| one.name == name));
                let Some(migration) = pending else { return Ok(None) };
                let mut copy = None;
                if backup == Backup::Beside && is_first && !history.is_empty() {
                    copy = back_up_beside(engine, migration.name)?;
                }
                apply(tx, migration, clock.now())
                    .map_err(|source| MigrateError::Failed { name: migration.name.to_owned(), source })?;
                Ok::<_, MigrateError>(Some((migration.name, copy)))
            };
            let Some((name, copy)) = migrator.write(step)? else { return Ok(migrated) };
            migrated.applied.push(name);
            migrated.backup = migrated.backup.or(copy);
        }
    })
}

/// Held until everything is applied: a process that comes second finds it done. Without it, it would take the
/// half that is done for a database in use, and back that up. The folder carries the lock, for closing the
/// database's file would drop the locks that SQLite holds on it. (A server's nodes take turns there.)
fn take_turn(engine: &Engine) -> io::Result<Option<File>> {
    let Engine::Sqlite(sqlite) = engine else { return Ok(None) };
    let folder = sqlite.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")))?;
    folder.lock()?;
    Ok(Some(folder))
}

/// Name → checksum and time of what was applied.
type History = BTreeMap<String, (String, i64)>;

fn history(tx: &mut Tx<'_>) -> Result<History, Error> {
    if !tx.has_table("schema_migrations")? {
        return Ok(History::new());
    }
    let rows = tx.query_all("SELECT name, sha256, applied_at FROM schema_migrations", &[])?;
    rows.iter().map(|row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).collect()
}

fn compare(migrations: &[Migration], history: &History) -> Vec<Status> {
    let unknown = history.iter().map(|(name, (_, at))| (name.clone(), State::Unknown { at: *at }));
    let known = migrations.iter().map(|migration| {
        let state = match history.get(migration.name) {
            Some((checksum, at)) if *checksum == sha256(migration.sql) => State::Applied { at: *at },
            Some((_, at)) => State::Edited { at: *at },
            None => State::Pending,
        };
        (migration.name.to_owned(), state)
    });
    let states: BTreeMap<_, _> = unknown.chain(known).collect();
    states.into_iter().map(|(name, state)| Status { name, state }).collect()
}

/// The first pending migration, if everything else is as it should be.
fn next(statuses: &[Status]) -> Result<Option<&str>, MigrateError> {
    let mut pending = None;
    for Status { name, state } in statuses {
        match (state, pending) {
            (State::Unknown { .. }, _) => return Err(MigrateError::Newer(name.clone())),
            (State::Edited { .. }, _) => return Err(MigrateError::Edited(name.clone())),
            (State::Applied { .. }, Some(missing)) => {
                return Err(MigrateError::OutOfOrder { missing: String::from(missing), applied: name.clone() });
            }
            (State::Applied { .. }, None) => {}
            (State::Pending, first) => pending = first.or(Some(name.as_str())),
        }
    }
    Ok(pending)
}

fn apply(tx: &mut Tx<'_>, migration: &Migration, now: i64) -> Result<(), Error> {
    tx.execute_batch(CREATE_HISTORY)?;
    // First, for where nodes can not take turns the row decides which of them applies it.
    let record = "INSERT INTO schema_migrations (name, sha256, applied_at) VALUES ($1, $2, $3)";
    tx.execute(record, params![migration.name, &sha256(migration.sql), now])?;
    tx.execute_batch(migration.sql)?;
    tx.check_references()
}

/// Under the write lock, so that the copy is of what is about to be changed. A server is backed up by its own tools.
fn back_up_beside(engine: &Engine, next: &str) -> Result<Option<PathBuf>, MigrateError> {
    let Engine::Sqlite(Sqlite { path, .. }) = engine else { return Ok(None) };
    let number = next.split('_').next().unwrap_or(next);
    let mut target = path.to_owned().into_os_string();
    target.push(format!(".before-{number}"));
    let target = PathBuf::from(target);
    let removed = match remove_file(&target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::Unavailable(error.to_string())),
        Ok(()) | Err(_) => Ok(()),
    };
    match removed.and_then(|()| sqlite::copy(path, &target)) {
        Ok(()) => Ok(Some(target)),
        Err(source) => Err(MigrateError::Backup { path: target, source }),
    }
}

/// Lower-case hex.
fn sha256(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
