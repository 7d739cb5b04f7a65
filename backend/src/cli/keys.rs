//! `agentid keys`: the operator's care of signing keys and of the secret that they are sealed under.

use std::collections::BTreeSet;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::Output;
use super::settings::{self, Settings};
use super::start;
use crate::clock::{Clock, rfc3339};
use crate::config::Config;
use crate::crypto::signer::Signer;
use crate::db::schema::server_values;
use crate::db::schema::signing_keys::{self as rows, SigningKeyRow};
use crate::db::{Db, Engine};
use crate::oauth::signing_keys::{self, KeysError, LEAD, SOONEST};
use crate::random::Random;
use crate::server_secret::Secrets;

/// Rotate and list the keys that sign tokens.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  agentid keys list
  agentid keys rotate          the new key is published now and signs in ten minutes
  agentid keys rotate --now    it signs within seconds: verifiers that cache the keys may refuse tokens for some minutes
  agentid keys rotate-secret   a new server secret; the old one stays listed as retired")]
pub enum Keys {
    /// Make a new signing key; the old one stays published until its last token has expired.
    Rotate(Rotate),
    /// List the signing keys.
    List(Plain),
    /// Make a new server secret and seal the signing keys under it.
    RotateSecret(Plain),
    /// Seal the signing keys under the secret in force, after AGENTID_SECRET was changed.
    Reseal(Plain),
}

/// How to rotate.
#[derive(Args)]
pub struct Rotate {
    #[command(flatten)]
    settings: Settings,
    /// Sign with the new key as soon as every node publishes it, in ten seconds.
    #[arg(long)]
    now: bool,
}

/// No flags of its own.
#[derive(Args)]
pub struct Plain {
    #[command(flatten)]
    settings: Settings,
}

impl Keys {
    /// Does it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        match self {
            Self::Rotate(command) => runtime.block_on(command.run(output)),
            Self::List(command) => runtime.block_on(command.list(output)),
            Self::RotateSecret(command) => runtime.block_on(command.rotate_secret(output)),
            Self::Reseal(command) => runtime.block_on(command.reseal(output)),
        }
    }
}

impl Rotate {
    async fn run(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        let db = existing_database(&config)?;
        let secrets = settings::secrets(&config)?;
        let (clock, random) = (Clock::system(), Random::system());
        let signs_from = clock.now() + if self.now { SOONEST } else { LEAD };
        let algorithms: BTreeSet<_> = db.read(rows::all).await?.iter().map(|key| key.algorithm).collect();
        let new_row = |algorithm| {
            signing_keys::new_row(&Signer::generate(algorithm, random), &secrets, clock.now(), signs_from, random)
        };
        let new: Vec<SigningKeyRow> = algorithms.into_iter().map(new_row).collect();
        let stored = new.clone();
        db.write(move |tx| stored.iter().try_for_each(|row| signing_keys::rotate(tx, row))).await?;
        let mut text = String::new();
        for row in &new {
            text.push_str(&format!("new key {} for {}\n", row.kid, row.algorithm.as_str()));
        }
        text.push_str(&format!("published within seconds, signs from {}", rfc3339(signs_from)));
        let keys: Vec<Value> =
            new.iter().map(|row| json!({ "kid": row.kid, "algorithm": row.algorithm.as_str() })).collect();
        // The key of access tokens is the first.
        let kid = new.first().map(|row| &row.kid);
        output.print(&text, &json!({ "kid": kid, "signs_from": rfc3339(signs_from), "keys": keys }));
        Ok(())
    }
}

impl Plain {
    async fn list(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        let keys = existing_database(&config)?.read(rows::all).await?;
        let mut text = format!("{:43}  {:9}  {:20}  {}\n", "kid", "algorithm", "signs from", "published until");
        let mut list: Vec<Value> = Vec::new();
        for key in keys {
            let (from, until) = (rfc3339(key.signs_from), key.published_until.map(rfc3339));
            let (algorithm, until_text) = (key.algorithm.as_str(), until.as_deref().unwrap_or("it is rotated"));
            text.push_str(&format!("{:43}  {algorithm:9}  {from:20}  {until_text}\n", key.kid));
            list.push(json!({
                "kid": key.kid, "algorithm": algorithm, "signs_from": from, "published_until": until,
            }));
        }
        output.print(&text, &json!({ "keys": list }));
        Ok(())
    }

    /// First the file, with the old secret behind the new one, then the database: whenever this is
    /// interrupted, the file opens what the database holds.
    async fn rotate_secret(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        if config.database.url.expose().is_some() {
            bail!(
                "other nodes share this database, and none may meet a secret that it does not know: \
                 docs/v1/operations.md says how to give all of them a new one"
            );
        }
        let db = existing_database(&config)?;
        let (secrets, random) = (settings::secrets(&config)?, Random::system());
        let Some(_lock) = secrets.rotate_file(random)? else {
            bail!(
                "the secret comes from AGENTID_SECRET: put a new one there and the old one into \
                 AGENTID_RETIRED_SECRETS, restart every server, then run `agentid keys reseal`"
            );
        };
        let sealed = reseal(&db, &secrets, random).await?;
        let origin = secrets.origin();
        let text =
            format!("{origin} holds a new secret, the old one behind it\n{sealed} signing keys are sealed under it");
        output.print(&text, &json!({ "secret": origin, "signing_keys": sealed }));
        Ok(())
    }

    async fn reseal(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        let db = existing_database(&config)?;
        let sealed = reseal(&db, &settings::secrets(&config)?, Random::system()).await?;
        output.print(&format!("{sealed} signing keys are sealed under it"), &json!({ "signing_keys": sealed }));
        Ok(())
    }
}

async fn reseal(db: &Db, secrets: &Secrets, random: Random) -> Result<usize, KeysError> {
    let (secrets, id) = (secrets.clone(), secrets.current_id());
    db.write(move |tx| {
        server_values::set(tx, server_values::SECRET_CHECK, &id)?;
        signing_keys::reseal(tx, &secrets, random)
    })
    .await
}

/// The database as it is: these commands never make one.
pub fn existing_database(config: &Config) -> anyhow::Result<Db> {
    let engine = start::engine(config)?;
    if let Engine::Sqlite(sqlite) = &engine
        && !sqlite.path.exists()
    {
        let path = sqlite.path.display();
        bail!("there is no database at {path}; start the server once, or name its folder with --data");
    }
    crate::db::migrate::check(&engine, crate::db::migrate::MIGRATIONS)?;
    start::open_database(config)
}
