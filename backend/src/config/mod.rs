//! The server's settings: built-in defaults < `agentid.toml` < environment `AGENTID_SECTION_NAME` < flags.
//!
//! Each section has a file of its own, where a setting's key, type, default and description stand
//! together. A misspelt key is an error, never ignored. Nothing here is secret but the
//! passwords in the URLs of the database and of the mail server, and Paddle's key and secrets, which are never
//! shown.

mod billing;
mod database;
mod database_url;
mod error;
mod file;
mod history;
mod issuer;
mod limits;
mod log;
mod mail;
mod mail_url;
mod network;
mod oauth;
mod outbound;
mod paddle;
mod passwords;
mod reader;
mod secret_text;
mod section;
mod server;
mod sources;
mod value;

use std::path::PathBuf;

pub use billing::Billing;
pub use database::{Database, Migrate, Synchronous};
pub use database_url::DatabaseUrl;
pub use error::ConfigError;
pub use history::History;
pub use issuer::Issuer;
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use mail::Mail;
pub use mail_url::MailUrl;
pub use network::Network;
pub use oauth::{DpopNonce, Oauth, Profile};
pub use outbound::Outbound;
pub use paddle::Paddle;
pub use passwords::Passwords;
pub use reader::{Origin, Row};
pub use secret_text::SecretText;
pub use server::Server;
pub use sources::Sources;

use error::Rule;
use reader::{Reader, Setting};

/// Every setting, parsed and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that holds everything the embedded engine stores.
    pub data: PathBuf,
    /// `[server]`
    pub server: Server,
    /// `[database]`
    pub database: Database,
    /// `[oauth]`
    pub oauth: Oauth,
    /// `[outbound]`
    pub outbound: Outbound,
    /// `[mail]`
    pub mail: Mail,
    /// `[billing]`
    pub billing: Billing,
    /// `[paddle]`
    pub paddle: Paddle,
    /// `[history]`
    pub history: History,
    /// `[limits]`
    pub limits: Limits,
    /// `[passwords]`
    pub passwords: Passwords,
    /// `[log]`
    pub log: Log,
}

/// The settings in force, and where each came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    rows: Vec<Row>,
}

/// Reads every layer; of two values for one setting, the higher layer's is in force.
///
/// All values must parse, also those that a higher layer replaces; the rules of the sections are
/// checked on what is in force.
///
/// # Errors
/// Names the setting, where it was set, and what is accepted there.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut reader = Reader::open(sources)?;
    let config = Config::read(&mut reader, sources.default_data())?;
    let rows = reader.finish()?;
    match config.check() {
        Ok(()) => Ok(Loaded { config, rows }),
        Err(rule) => Err(rule.broken_in(&rows)),
    }
}

impl Loaded {
    /// Every setting in the order of the sections' files; the same order on every machine.
    pub fn table(&self) -> &[Row] {
        &self.rows
    }
}

impl Config {
    /// The defaults, with everything stored in `data`; it reads no file and no environment.
    pub fn for_data(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            server: Server::default(),
            database: Database::default(),
            oauth: Oauth::default(),
            outbound: Outbound::default(),
            mail: Mail::default(),
            billing: Billing::default(),
            paddle: Paddle::default(),
            history: History::default(),
            limits: Limits::default(),
            passwords: Passwords::default(),
            log: Log::default(),
        }
    }

    fn read(reader: &mut Reader, default_data: PathBuf) -> Result<Self, ConfigError> {
        let data = Setting {
            key: "data",
            description: "The folder that holds everything the embedded engine stores.",
            default: Some("$XDG_DATA_HOME/agentid/server, else ~/.local/share/agentid/server"),
        };
        Ok(Self {
            data: reader.read(data, default_data)?,
            server: Server::read(reader)?,
            database: Database::read(reader)?,
            oauth: Oauth::read(reader)?,
            outbound: Outbound::read(reader)?,
            mail: Mail::read(reader)?,
            billing: Billing::read(reader)?,
            paddle: Paddle::read(reader)?,
            history: History::read(reader)?,
            limits: Limits::read(reader)?,
            passwords: Passwords::read(reader)?,
            log: Log::read(reader)?,
        })
    }

    fn check(&self) -> Result<(), Rule> {
        if self.data.as_os_str().is_empty() || self.data.starts_with("~") {
            return Err(Rule::new("data", "a folder, with `~` written out; without a home folder it has no default"));
        }
        self.server.check()?;
        self.database.check()?;
        self.mail.check()?;
        self.billing.check()?;
        self.paddle.check()?;
        self.history.check()?;
        self.passwords.check()?;
        self.oauth.check()?;
        self.log.check()
    }
}
