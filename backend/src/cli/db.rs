//! `agentid db`: the operator's care of the database.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::Output;
use super::settings::Settings;
use super::start;
use crate::clock::{Clock, rfc3339};
use crate::config::Config;
use crate::db::migrate::{self, Backup, MIGRATIONS, MigrateError, State};
use crate::db::{Engine, Error};

/// Migrate, check, back up and restore the database.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  agentid db status
  agentid db backup /var/backups/agentid-2026-11-24.db
  agentid db restore /var/backups/agentid-2026-11-24.db

Keep the server's secret with the backup: without it the signing keys can not be read.")]
pub enum Db {
    /// Apply the migrations that are pending, after copying the database beside itself.
    Migrate(Plain),
    /// List every migration and whether it was applied.
    Status(Plain),
    /// Exit with 1 unless the schema is exactly this version's.
    Check(Plain),
    /// Copy the database into a file, while the server runs.
    Backup(File),
    /// Put a backup in the place of the database; the server must not run.
    Restore(File),
}

/// No flags of its own.
#[derive(Args)]
pub struct Plain {
    #[command(flatten)]
    settings: Settings,
}

/// A file of a backup.
#[derive(Args)]
pub struct File {
    #[command(flatten)]
    settings: Settings,
    /// The backup.
    file: PathBuf,
}

impl Db {
    /// Does it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        match self {
            Self::Migrate(command) => command.migrate(output),
            Self::Status(command) => command.status(output),
            Self::Check(command) => command.check(output),
            Self::Backup(command) => command.backup(output),
            Self::Restore(command) => command.restore(output),
        }
    }
}

impl Plain {
    fn migrate(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        start::make_folder(&config.data)?;
        let migrated = migrate::migrate(&start::engine(&config)?, MIGRATIONS, Backup::Beside, &Clock::system())?;
        let mut text = migrated.applied.iter().map(|name| format!("applied {name}\n")).collect::<String>();
        if let Some(copy) = &migrated.backup {
            text.push_str(&format!("the database as it was before lies at {}\n", copy.display()));
        }
        if migrated.applied.is_empty() {
            text.push_str("nothing to do\n");
        }
        output.print(&text, &json!({ "applied": migrated.applied, "copy": migrated.backup }));
        Ok(())
    }

    fn status(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        let statuses = migrate::status(&start::engine(&config)?, MIGRATIONS)?;
        let mut text = String::new();
        let mut rows: Vec<Value> = Vec::new();
        for status in &statuses {
            let (state, at) = match status.state {
                State::Applied { at } => ("applied", Some(at)),
                State::Edited { at } => ("edited", Some(at)),
                State::Unknown { at } => ("unknown", Some(at)),
                State::Pending => ("pending", None),
            };
            let at = at.map(rfc3339);
            text.push_str(&format!("{state:8}  {:20}  {}\n", at.as_deref().unwrap_or("-"), status.name));
            rows.push(json!({ "name": status.name, "state": state, "applied_at": at }));
        }
        output.print(&text, &json!({ "migrations": rows }));
        Ok(())
    }

    fn check(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        migrate::check(&start::engine(&config)?, MIGRATIONS)?;
        output.print("the schema is this version's", &json!({ "success": true }));
        Ok(())
    }
}

impl File {
    fn backup(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        let path = file_of(&config, "pg_dump")?;
        if !path.exists() {
            bail!("there is no database at {}", path.display());
        }
        let db = start::open_database(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(db.backup_to(&self.file)).with_context(|| format!("{}", self.file.display()))?;
        let secret = config.data.join("secret");
        let text = format!("wrote {}\nkeep {} with it, or AGENTID_SECRET", self.file.display(), secret.display());
        output.print(&text, &json!({ "file": self.file, "secret": secret }));
        Ok(())
    }

    fn restore(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        start::make_folder(&config.data)?;
        let path = file_of(&config, "pg_restore")?;
        if !self.file.exists() {
            bail!("there is no backup at {}", self.file.display());
        }
        check_backup(&self.file)?;
        let existed = path.exists();
        let kept = path.with_extension(format!("db.before-restore-{}", Clock::system().now_millis()));
        match crate::db::restore(&self.file, &path, &kept) {
            Err(Error::Busy) => bail!("the database is in use: stop the server first"),
            restored => restored.with_context(|| format!("{} can not be restored", self.file.display()))?,
        }
        let mut text = format!("restored {} to {}\n", self.file.display(), path.display());
        if existed {
            text.push_str(&format!("the database as it was before lies at {}\n", kept.display()));
        }
        let kept = existed.then_some(kept);
        output.print(&text, &json!({ "database": path, "kept": kept }));
        Ok(())
    }
}

/// The file of the embedded database; a server has tools of its own for what is asked.
fn file_of(config: &Config, tool: &str) -> anyhow::Result<PathBuf> {
    match start::engine(config)? {
        Engine::Sqlite(sqlite) => Ok(sqlite.path),
        Engine::Postgres(postgres) => bail!("{} is a server: use its own {tool}", postgres.url),
    }
}

/// A backup of an older version is fine, it is migrated at the next start; one of a newer version is not, and a
/// file that never was a database of this program must not take the place of one.
fn check_backup(file: &Path) -> anyhow::Result<()> {
    let engine = Engine::file(file);
    let statuses = migrate::status(&engine, MIGRATIONS).with_context(|| format!("{} is no backup", file.display()))?;
    if !statuses.iter().any(|status| matches!(status.state, State::Applied { .. })) {
        bail!("{} is no backup of Agent ID: it holds no applied migration", file.display());
    }
    match migrate::check(&engine, MIGRATIONS) {
        Ok(()) | Err(MigrateError::Pending(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
