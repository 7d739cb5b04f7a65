//! A registered agent: its profile, its key, its server. Every call is signed with the key.

use anyhow::Context as _;
use serde_json::Value;

use super::profile::Profile;
use crate::cli::api_client::{Call, Server};
use crate::cli::failure::Failure;
use crate::cli::output::text_of;
use crate::cli::target::Target;
use crate::crypto::ed25519::SigningKey;
use crate::id::AgentId;

/// Who a command acts as.
pub struct Identity {
    /// Where it is kept.
    pub profile: Profile,
    /// Where it is registered.
    pub server: Server,
    /// What it is.
    pub key: SigningKey,
    /// Its id there.
    pub agent_id: AgentId,
}

impl Identity {
    /// The agent of the profile. A rotation that was cut short is finished first, if the server has
    /// already taken the new key.
    pub fn open(target: &Target) -> anyhow::Result<Self> {
        let mut profile = Profile::open(target)?;
        let key = profile.key()?;
        let registered = "the profile is not registered: run `agentid agent register --name NAME`, or \
                          `agentid agent login` when its key already is";
        let agent_id = profile.state.agent_id.clone().context(registered)?;
        let server = target.server(profile.state.server.as_deref())?;
        let key = match profile.next_key()? {
            Some(next) if is_current(&server, &next, &agent_id)? => {
                profile.take_next_key(None)?;
                next
            }
            Some(_) | None => key,
        };
        Ok(Self { profile, server, key, agent_id })
    }

    /// A call as this agent.
    pub fn call(&self, method: &'static str, path: &str) -> Call<'_> {
        self.server.call(method, path).proof(&self.key)
    }
}

/// Whether the server knows the agent by this key.
fn is_current(server: &Server, key: &SigningKey, agent_id: &AgentId) -> Result<bool, Failure> {
    let answer = server.call("GET", "/v1/agents/me").proof(key).send()?;
    if answer.status == 401 && text_of(&answer.json, "code") == "not_authenticated" {
        return Ok(false);
    }
    let answer = answer.accept()?;
    Ok(answer.get("agent").and_then(|agent| agent.get("id")).and_then(Value::as_str) == Some(agent_id.as_str()))
}
