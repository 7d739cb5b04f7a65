//! A profile: the folder that holds an agent's key and what it knows of its server.

use std::fs::File;
use std::path::{Path, PathBuf};

use agentid_client::Key;
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::cli::target::Target;
use crate::cli::{private_file, start};
use crate::crypto::ed25519::SigningKey;
use crate::id::AgentId;

/// An open profile. No other process has it open at the same time: two that both rotate the key, or one
/// that writes back what another has replaced, would lose something.
pub struct Profile {
    folder: PathBuf,
    /// What `profile.json` holds.
    pub state: State,
    _lock: File,
}

/// What `profile.json` holds.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    /// The issuer that the agent is registered with.
    pub server: Option<String>,
    /// Its id there.
    pub agent_id: Option<AgentId>,
    /// Its session, for programs that can not sign.
    pub session: Option<String>,
    /// Tokens to be used again.
    #[serde(default)]
    pub tokens: Vec<CachedToken>,
}

/// A token to be used again.
#[derive(Clone, Serialize, Deserialize)]
pub struct CachedToken {
    /// Which APIs it is for, sorted.
    pub resources: Vec<String>,
    /// The scope as it was asked for.
    pub scope: Option<String>,
    /// The token.
    pub access_token: String,
    /// Unix seconds.
    pub expires_at: i64,
}

impl Profile {
    /// Opens the profile; waits while another process has it open.
    pub fn open(target: &Target) -> anyhow::Result<Self> {
        let folder = private_file::data_folder()?.join("profiles").join(target.profile()?);
        start::make_folder(&folder)?;
        let lock = private_file::lock(&folder.join("lock"))?;
        let path = folder.join("profile.json");
        let state = match private_file::read(&path)? {
            Some(text) => serde_json::from_str(&text).with_context(|| path.display().to_string())?,
            None => State::default(),
        };
        Ok(Self { folder, state, _lock: lock })
    }

    /// Writes `profile.json`.
    pub fn save(&self) -> anyhow::Result<()> {
        Ok(private_file::write(&self.folder.join("profile.json"), &serde_json::to_string_pretty(&self.state)?)?)
    }

    /// The key's file.
    pub fn key_path(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// Where a rotation puts the new key until the server has taken it.
    pub fn next_key_path(&self) -> PathBuf {
        self.folder.join("key.pem.next")
    }

    /// The key.
    pub fn key(&self) -> anyhow::Result<SigningKey> {
        let path = self.key_path();
        match read_key(&path)? {
            Some(key) => Ok(key),
            None => bail!("there is no key at {}: make one with `agentid agent keygen`", path.display()),
        }
    }

    /// The key of a rotation that was not finished, if there is one.
    pub fn next_key(&self) -> anyhow::Result<Option<SigningKey>> {
        read_key(&self.next_key_path())
    }

    /// Puts the new key in the place of the old one, which the server no longer takes, and forgets what
    /// the old one had: the server has ended it.
    pub fn take_next_key(&mut self, session: Option<String>) -> anyhow::Result<()> {
        self.state.session = session;
        self.state.tokens.clear();
        self.save()?;
        Ok(private_file::replace(&self.next_key_path(), &self.key_path())?)
    }
}

/// Reads a PEM file that only its owner can read.
pub fn read_key(path: &Path) -> anyhow::Result<Option<SigningKey>> {
    Ok(Key::find(path)?.map(Key::into_signing_key))
}
