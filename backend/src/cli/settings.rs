//! Where a server command takes its settings from.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::config::{self, Loaded, Sources};
use crate::random::Random;
use crate::server_secret::Secrets;

/// The flags that every command of the operator takes.
#[derive(Args, Clone, Default)]
pub struct Settings {
    /// Read this file instead of the one in the configuration folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep everything of the embedded database in this folder.
    #[arg(long, value_name = "FOLDER")]
    data: Option<String>,
    /// Use this PostgreSQL server: postgres://user:password@host/database (database.url).
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Set one setting, as `agentid config` lists them; may repeat.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
}

impl Settings {
    /// The settings in force; `more` are flags of the command itself.
    pub fn load(&self, more: impl IntoIterator<Item = (String, String)>) -> anyhow::Result<Loaded> {
        let data = self.data.iter().map(|folder| ("data".to_owned(), folder.clone()));
        let database = self.database.iter().map(|url| ("database.url".to_owned(), url.clone()));
        let flags = self.set.iter().cloned().chain(data).chain(database).chain(more);
        let sources = Sources::new(self.config.clone(), std::env::vars_os(), flags);
        config::load(&sources).context("the settings can not be used")
    }
}

/// The server's secret, from the environment or the data folder. Nodes that share a database share the secret, so there
/// each must be given it: one that made its own could not read what the others have sealed.
pub fn secrets(config: &config::Config) -> anyhow::Result<Secrets> {
    let environment = std::env::var("AGENTID_SECRET").ok();
    if config.database.url.expose().is_some() && environment.is_none() && !config.data.join("secret").exists() {
        anyhow::bail!(
            "with a database server, every node must be given the same secret: set AGENTID_SECRET to what \
             `openssl rand 32 | basenc --base64url | tr -d =` prints, or put the file `secret` into {}",
            config.data.display()
        );
    }
    let retired = std::env::var("AGENTID_RETIRED_SECRETS").ok();
    let secrets = Secrets::load(&config.data, environment.as_deref(), retired.as_deref(), Random::system());
    secrets.context("there is no usable server secret")
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE, for example server.listen=127.0.0.1:8787")?;
    Ok((key.to_owned(), value.to_owned()))
}
