//! How a server comes up: folder, secret, migrations, database, keys, address.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{self, Config, Migrate};
use crate::db::migrate::{self, Backup, MIGRATIONS, Migrated};
use crate::db::{Db, Engine, Postgres, Settings, Sqlite, Synchronous};
use crate::random::Random;
use crate::server_secret::Secrets;

/// A server that is ready to serve.
pub struct Started {
    /// Its parts.
    pub app: App,
    /// Where it listens.
    pub listener: TcpListener,
    /// What was changed in the database.
    pub migrated: Migrated,
}

/// The database's file in the data folder.
pub fn database_file(config: &Config) -> PathBuf {
    config.data.join("agentid.db")
}

/// The engine that these settings choose.
pub fn engine(config: &Config) -> anyhow::Result<Engine> {
    let settings = &config.database;
    if let Some(url) = settings.url.expose() {
        return Ok(Engine::Postgres(Postgres {
            url: url.parse().context("database.url can not be used")?,
            connect_timeout: Duration::from_secs(settings.connect_timeout_seconds.into()),
            statement_timeout: Duration::from_secs(settings.statement_timeout_seconds.into()),
            statements: settings.prepared_statements as usize,
        }));
    }
    Ok(Engine::Sqlite(Sqlite {
        path: database_file(config),
        synchronous: match settings.synchronous {
            config::Synchronous::Full => Synchronous::Full,
            config::Synchronous::Normal => Synchronous::Normal,
        },
        max_pages: settings.max_pages,
    }))
}

/// Makes the data folder, for its owner alone.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("the folder {} can not be made", folder.display()))
}

/// Opens the database of these settings; it is migrated already. Blocks.
pub fn open_database(config: &Config) -> anyhow::Result<Db> {
    let engine = engine(config)?;
    let place = engine.place();
    let settings = Settings { readers: config.database.readers as usize, ..Settings::new(engine) };
    Db::open(&settings).with_context(|| format!("the database {place} can not be opened"))
}

/// Applies what is pending, or refuses when the settings say so. Blocks.
pub fn migrate_database(config: &Config, clock: &Clock) -> anyhow::Result<Migrated> {
    let engine = engine(config)?;
    let migrated = match config.database.migrate {
        Migrate::Auto => migrate::migrate(&engine, MIGRATIONS, Backup::Beside, clock),
        Migrate::Refuse => migrate::check(&engine, MIGRATIONS).map(|()| Migrated::default()),
    };
    migrated.with_context(|| format!("the database {} can not be used", engine.place()))
}

/// Brings a server up. With `derive_issuer`, the issuer is the address that it comes to listen on.
pub async fn start(
    mut config: Config,
    derive_issuer: bool,
    secrets: Secrets,
    clock: Clock,
    random: Random,
) -> anyhow::Result<Started> {
    make_folder(&config.data)?;
    let migrated = migrate_database(&config, &clock)?;
    let db = open_database(&config)?;
    let listen = config.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("{listen} can not be listened on"))?;
    if derive_issuer {
        config.server.issuer = config::Issuer::listening_on(listener.local_addr()?);
    }
    let app = App::build(config, db, secrets, clock, random).await?;
    Ok(Started { app, listener, migrated })
}
