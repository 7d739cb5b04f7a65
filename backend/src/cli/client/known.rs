//! What an application needs to know of itself, kept between two commands in a file for its owner alone.

use std::fs::File;
use std::path::PathBuf;

use agentid_client::Key;
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::owner::OwnerType;
use super::whose::{Given, Whose};
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
    /// `agent` or `overseer`; whoever registered it elsewhere is not known.
    pub owner_type: Option<String>,
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
    /// What came with the command, and is not kept.
    #[serde(skip)]
    pub given: Given,
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
    /// The application that a command is for: the profile's, or one that was registered elsewhere, whose tokens the profile
    /// keeps from then on.
    pub fn open(target: &Target, whose: &Whose) -> anyhow::Result<Self> {
        let given = whose.given()?;
        let lock = lock(target)?;
        let known = match (Self::read(target)?, &whose.client_id) {
            (Some(known), Some(id)) if known.client_id != id.as_str() => {
                bail!("this profile has another client, {}: use another profile (--profile) for {id}", known.client_id)
            }
            (Some(known), _) => known,
            (None, Some(id)) => {
                let server = target.server(None)?.issuer().to_owned();
                Self { server, ..Self::new(id.as_str(), whose.method(&given).as_str()) }
            }
            (None, None) => {
                bail!("this profile has no client: run `agentid client register`, or name one (--client-id)")
            }
        };
        let method = whose.wish().map_or(known.method, |method| method.as_str().to_owned());
        Ok(Self { method, given, _lock: Some(lock), ..known })
    }

    /// One that nothing is known of but this.
    pub fn new(client_id: &str, method: &str) -> Self {
        Self {
            server: String::new(),
            client_id: client_id.to_owned(),
            owner_type: None,
            method: method.to_owned(),
            secret: None,
            key: None,
            next_key: None,
            dpop_key: None,
            tokens: Tokens::default(),
            given: Given::default(),
            _lock: None,
        }
    }

    /// The application of the profile, if there is one; waits while another process has it.
    pub fn find(target: &Target) -> anyhow::Result<Option<Self>> {
        let lock = lock(target)?;
        Ok(Self::read(target)?.map(|known| Self { _lock: Some(lock), ..known }))
    }

    fn read(target: &Target) -> anyhow::Result<Option<Self>> {
        let path = path(target)?;
        let Some(text) = private_file::read(&path)? else { return Ok(None) };
        Ok(Some(serde_json::from_str(&text).with_context(|| path.display().to_string())?))
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

    /// Who registered it, if that is known.
    pub fn owner_wish(&self) -> Option<OwnerType> {
        let owner_type = self.owner_type.as_deref()?;
        Some(if owner_type == "overseer" { OwnerType::Overseer } else { OwnerType::Agent })
    }

    /// Its server.
    pub fn server(&self, target: &Target) -> anyhow::Result<Server> {
        target.server(Some(&self.server))
    }

    /// A form to an OAuth endpoint, authenticated as it is registered.
    pub fn call(&self, server: &Server, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Call<'_>> {
        let call = server.call("POST", path);
        let mut form = form.to_vec();
        let method = AuthMethod::parse(&self.method).context("the client's file names an unknown method")?;
        match method {
            AuthMethod::PrivateKeyJwt => {
                let assertion = self.assertion(server)?;
                form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion)]);
                Ok(call.form(&form))
            }
            AuthMethod::ClientSecretBasic => Ok(call.form(&form).basic(&self.client_id, self.secret()?)),
            AuthMethod::ClientSecretPost => {
                form.extend([("client_id", self.client_id.as_str()), ("client_secret", self.secret()?)]);
                Ok(call.form(&form))
            }
            AuthMethod::None => {
                form.push(("client_id", &self.client_id));
                Ok(call.form(&form))
            }
        }
    }

    /// What the server answers to such a form; `bound` adds a proof of the key that the tokens are bound to.
    pub fn ask(&mut self, target: &Target, path: &str, form: &[(&str, &str)], bound: bool) -> anyhow::Result<Value> {
        let server = self.server(target)?;
        let key = bound.then(|| self.dpop_key()).transpose()?;
        if key.is_some() {
            // The key is on disk before anything is bound to it.
            self.save(target)?;
        }
        let mut call = self.call(&server, path, form)?;
        if let Some(key) = &key {
            call = call.proof(key);
        }
        Ok(call.send()?.accept()?)
    }

    /// The secret that is kept; that of the environment when none is, or when the command names the client: it may be
    /// another client's.
    fn secret(&self) -> anyhow::Result<&str> {
        let (kept, given) = (self.secret.as_deref(), self.given.secret.as_deref());
        let secret = if self.given.is_for_sure { given.or(kept) } else { kept.or(given) };
        secret.context("the profile does not keep the client's secret: set AGENTID_CLIENT_SECRET")
    }

    /// Says who it is, signed with the key that came with the command, else with the one that is kept.
    fn assertion(&self, server: &Server) -> anyhow::Result<String> {
        if let Some(key) = &self.given.key {
            return Ok(key.assertion(&self.client_id, server.issuer()));
        }
        let kept = self.key.as_deref().context("the profile does not keep the client's key: name its file (--key)")?;
        Ok(Key::from(signing_key(kept)?).assertion(&self.client_id, server.issuer()))
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
