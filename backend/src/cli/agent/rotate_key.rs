//! `agentid agent rotate-key`: the new key is on disk before the server hears of it, and the old one
//! stays until the server has taken the new one. Wherever this is cut short, the next command finds out
//! which of the two the server knows (see `identity.rs`), and no key is lost.

use agentid_client::challenge::{Challenge, Expected};
use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::agent_text;
use super::identity::Identity;
use crate::cli::api_client::Server;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, text_of};
use crate::cli::private_file;
use crate::cli::target::Target;
use crate::clock::Clock;
use crate::crypto::ed25519::SigningKey;
use crate::id::AgentId;
use crate::identity::challenges::Purpose;
use crate::random::Random;

/// Put a new key in the place of the agent's key; everything that the old one began ends.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent rotate-key
  agentid agent rotate-key --profile second --json")]
pub struct RotateKey {}

impl RotateKey {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut identity = Identity::open(target)?;
        // A key that an earlier try left was never anybody's, and its request may still be under way: it
        // is used now, never thrown away.
        let new_key = match identity.profile.next_key()? {
            Some(key) => key,
            None => {
                let key = SigningKey::generate(Random::system());
                private_file::create(&identity.profile.next_key_path(), &key.to_pkcs8_pem())?;
                key
            }
        };
        let answer = rotate(&identity.server, &identity.agent_id, &identity.key, &new_key)?;
        let agent = answer.get("agent").context("the server did not say who the agent is")?;
        if text_of(agent, "public_key") != new_key.public_key().to_base64url() {
            bail!("the server did not say that it has taken the new key; both keys are kept");
        }
        identity.profile.take_next_key(Some(text_of(&answer, "session_id").to_owned()))?;
        output.print(&agent_text(agent), &answer);
        Ok(())
    }
}

/// Both steps; the answer of the second.
pub fn rotate(
    server: &Server,
    agent_id: &AgentId,
    old_key: &SigningKey,
    new_key: &SigningKey,
) -> Result<Value, Failure> {
    let (old, new) = (old_key.public_key().to_base64url(), new_key.public_key().to_base64url());
    let initiate = server.call("POST", "/v1/agents/rotate-key/initiate").proof(old_key);
    let challenge = Challenge::of(&initiate.json(&json!({ "new_public_key": new })).send()?.accept()?)?;
    let own = [("agent_id", agent_id.as_str()), ("old_public_key", &old), ("new_public_key", &new)];
    let expected = Expected { purpose: Purpose::RotateKey.as_str(), issuer: server.issuer(), own: &own };
    let signature = challenge.sign(&expected, new_key, Clock::system().now())?;
    let path = format!("/v1/agents/rotate-key/complete/{}", challenge.id());
    let complete = server.call("POST", &path).proof(old_key).json(&json!({ "signature": signature }));
    Ok(complete.send()?.accept()?)
}
