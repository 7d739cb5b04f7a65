//! How a server comes up: folder, secret, migrations, database, keys, address.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{self, Config, Migrate};
use crate::db::migrate::{self, Backup, MIGRATIONS, Migrated};
use crate::db::{Db, Settings, Synchronous};
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

/// Makes the data folder, for its owner alone.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("the folder {} can not be made", folder.display()))
}

/// Opens the database of these settings; it is migrated already.
pub fn open_database(config: &Config) -> anyhow::Result<Db> {
    let settings = Settings {
        path: database_file(config),
        synchronous: match config.database.synchronous {
            config::Synchronous::Full => Synchronous::Full,
            config::Synchronous::Normal => Synchronous::Normal,
        },
        max_pages: config.database.max_pages,
        ..Settings::default()
    };
    Db::open(&settings).with_context(|| format!("the database {} can not be opened", settings.path.display()))
}

/// Applies what is pending, or refuses when the settings say so.
pub fn migrate_database(config: &Config, clock: &Clock) -> anyhow::Result<Migrated> {
    let path = database_file(config);
    match config.database.migrate {
        Migrate::Auto => Ok(migrate::migrate(&path, MIGRATIONS, Backup::Beside, clock)?),
        Migrate::Refuse => {
            migrate::check(&path, MIGRATIONS)?;
            Ok(Migrated::default())
        }
    }
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
