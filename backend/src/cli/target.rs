//! Which server and which profile a client command is about.

use anyhow::bail;
use clap::Args;

use super::api_client::Server;
use super::failure::Failure;
use crate::config::Issuer;

/// Where `agentid serve` listens until told otherwise.
const DEFAULT_SERVER: &str = "http://127.0.0.1:8787";

/// The flags that every client command takes.
#[derive(Args)]
pub struct Target {
    /// The server; else AGENTID_SERVER, the profile's, or http://127.0.0.1:8787.
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    /// The profile; else AGENTID_PROFILE, or `default`.
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
}

impl Target {
    /// The profile's name, which becomes a file's name.
    pub fn profile(&self) -> anyhow::Result<String> {
        let name = self.profile.clone().or_else(|| variable("AGENTID_PROFILE"));
        let name = name.unwrap_or_else(|| "default".to_owned());
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
            bail!("`{name}` is not a profile's name: use letters, digits, `-`, `_` and `.`");
        }
        Ok(name)
    }

    /// The server. `known` is the profile's: whoever it is registered or logged in with. Another one is
    /// refused, for it would be sent what is the known one's; a new one is asked who it is.
    pub fn server(&self, known: Option<&str>) -> anyhow::Result<Server> {
        let asked = self.server.clone().or_else(|| variable("AGENTID_SERVER"));
        if let (Some(asked), Some(known)) = (&asked, known)
            && Issuer::parse(asked) != Issuer::parse(known)
        {
            let profile = self.profile()?;
            bail!("the profile `{profile}` belongs to {known}: use another one (--profile) for {asked}");
        }
        let server = Server::at(known.or(asked.as_deref()).unwrap_or(DEFAULT_SERVER))?;
        if known.is_none() {
            server.must_be_itself().map_err(Failure::from)?;
        }
        Ok(server)
    }
}

/// An environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
