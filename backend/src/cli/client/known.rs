//! What an application needs to know of itself, kept between two commands in a file for its owner alone.

use std::fs::File;
use std::path::PathBuf;

use agentid_client::Key;
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::owner::OwnerType;
use crate::cli::api_client::{Call, Server};
use crate::cli::target::Target;
use crate::cli::{private_file, start};
use crate::crypto::ed25519::SigningKey;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::oauth::client_assertion::ASSERTION_TYPE;
use crate::random::Random;

/// What the file holds.
#[derive(Serialize, Deserialize)]
pub struct KnownClient {
    /// The issuer that it is registered with.
    pub server: String,
    /// Its id there.
    pub client_id: String,
    /// `agent` or `overseer`.
    pub owner_type: String,
    /// How it authenticates.
    pub method: String,
    /// Of those that have one.
    pub secret: Option<String>,
    /// Of those that sign: PKCS#8 in PEM.
    pub key: Option<String>,
    /// The key of a rotation that was not finished: PKCS#8 in PEM.
    #[serde(default)]
    pub next_key: Option<String>,
    /// The key that its tokens are bound to: PKCS#8 in PEM.
    pub dpop_key: Option<String>,
    /// What it was given last.
    #[serde(default)]
    pub tokens: Tokens,
    /// Held while a command uses what was read, for a refresh token that two of them use ends everything.
    #[serde(skip)]
    pub _lock: Option<File>,
}

/// What an application was given last.
#[derive(Default, Serialize, Deserialize)]
pub struct Tokens {
    /// For userinfo.
    pub access_token: Option<String>,
    /// Whether that is bound to the DPoP key.
    #[serde(default)]
    pub is_bound: bool,
    /// For the next one.
    pub refresh_token: Option<String>,
}

impl KnownClient {
    /// The application of the profile.
    pub fn open(target: &Target) -> anyhow::Result<Self> {
        match Self::find(target)? {
            Some(known) => Ok(known),
            None => bail!("this profile has no client: run `agentid client register`"),
        }
    }

    /// The application of the profile, if there is one; waits while another process has it.
    pub fn find(target: &Target) -> anyhow::Result<Option<Self>> {
        let lock = lock(target)?;
        let path = path(target)?;
        let Some(text) = private_file::read(&path)? else { return Ok(None) };
        let known: Self = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(Some(Self { _lock: Some(lock), ..known }))
    }

    /// Makes sure that the profile has none, and that it stays so while the lock is held.
    pub fn reserve(target: &Target, replace: bool) -> anyhow::Result<File> {
        let lock = lock(target)?;
        if !replace && private_file::read(&path(target)?)?.is_some() {
            bail!("this profile has a client already: use another one (--profile), or --replace");
        }
        Ok(lock)
    }

    /// Writes it down, in the place of what was there: at once, or not at all.
    pub fn save(&self, target: &Target) -> anyhow::Result<()> {
        Ok(private_file::write(&path(target)?, &serde_json::to_string_pretty(self)?)?)
    }

    /// Forgets it.
    pub fn forget(target: &Target) -> anyhow::Result<()> {
        Ok(private_file::remove(&path(target)?)?)
    }

    /// Who registered it.
    pub fn owner_wish(&self) -> OwnerType {
        if self.owner_type == "overseer" { OwnerType::Overseer } else { OwnerType::Agent }
    }

    /// Its server.
    pub fn server(&self, target: &Target) -> anyhow::Result<Server> {
        target.server(Some(&self.server))
    }

    /// A form to an OAuth endpoint, authenticated as it is registered.
    pub fn call(&self, server: &Server, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Call> {
        let call = server.call("POST", path);
        let mut form = form.to_vec();
        let method = AuthMethod::parse(&self.method).context("the client's file names an unknown method")?;
        let secret = || self.secret.as_deref().context("the client's file has no secret");
        match method {
            AuthMethod::PrivateKeyJwt => {
                let key = Key::from(signing_key(self.key.as_deref().context("the client's file has no key")?)?);
                let assertion = key.assertion(&self.client_id, server.issuer());
                form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion)]);
                Ok(call.form(&form))
            }
            AuthMethod::ClientSecretBasic => Ok(call.form(&form).basic(&self.client_id, secret()?)),
            AuthMethod::ClientSecretPost => {
                form.extend([("client_id", self.client_id.as_str()), ("client_secret", secret()?)]);
                Ok(call.form(&form))
            }
            AuthMethod::None => {
                form.push(("client_id", &self.client_id));
                Ok(call.form(&form))
            }
        }
    }

    /// The key that its tokens are bound to; made when there is none, and to be saved then.
    pub fn dpop_key(&mut self) -> anyhow::Result<SigningKey> {
        let pem = self
            .dpop_key
            .get_or_insert_with(|| SigningKey::generate(Random::system()).to_pkcs8_pem().as_str().to_owned());
        signing_key(pem)
    }
}

/// Reads a key of the file.
pub fn signing_key(pem: &str) -> anyhow::Result<SigningKey> {
    SigningKey::from_pkcs8_pem(pem).context("a key in the client's file can not be read")
}

fn lock(target: &Target) -> anyhow::Result<File> {
    start::make_folder(&folder()?)?;
    private_file::lock(&folder()?.join(format!("{}.lock", target.profile()?)))
}

fn path(target: &Target) -> anyhow::Result<PathBuf> {
    Ok(folder()?.join(format!("{}.json", target.profile()?)))
}

fn folder() -> anyhow::Result<PathBuf> {
    Ok(private_file::data_folder()?.join("clients"))
}
