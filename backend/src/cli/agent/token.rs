//! `agentid agent token`: a token for an API, in one call.

use agentid_client::TokenRequest;
use clap::Args;
use serde_json::json;

use super::identity::Identity;
use super::profile::CachedToken;
use crate::cli::output::Output;
use crate::cli::target::Target;
use crate::clock::{Clock, rfc3339};

/// A token is used again while it has more than this many seconds left.
const SPARE: i64 = 60;

/// Print a token for an API.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent token --resource https://api.example
  curl -H \"Authorization: Bearer $(agentid agent token --resource https://api.example)\" https://api.example/
  agentid agent token --resource https://api.example --scope 'id name overseer' --fresh

A token is used again while it has more than a minute left. The API must check that `aud` is itself.")]
pub struct Token {
    /// The API that the token is for; may repeat. Without it, the token is good for the server alone.
    #[arg(long, value_name = "URL")]
    resource: Vec<String>,
    /// What the API may learn, space-separated; `id name` when left out.
    #[arg(long)]
    scope: Option<String>,
    /// Get a new token even if one is at hand.
    #[arg(long)]
    fresh: bool,
}

impl Token {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut identity = Identity::open(target)?;
        let now = Clock::system().now();
        let mut wanted = TokenRequest::for_resources(&self.resource);
        if let Some(scope) = &self.scope {
            wanted = wanted.scope(scope);
        }
        let tokens = &mut identity.profile.state.tokens;
        let is_wanted = |token: &CachedToken| token.resources == wanted.resources() && token.scope == self.scope;
        tokens.retain(|token| token.expires_at > now + SPARE && !(self.fresh && is_wanted(token)));
        if let Some(token) = tokens.iter().find(|token| is_wanted(token)) {
            print(token, output);
            return Ok(());
        }
        let agent_id = identity.agent_id.as_str();
        let token = wanted.send(&identity.server, agent_id, &identity.key, &Clock::system())?;
        let token = CachedToken {
            expires_at: token.expires_at(),
            access_token: token.as_str().to_owned(),
            resources: wanted.resources().to_vec(),
            scope: self.scope,
        };
        identity.profile.state.tokens.push(token.clone());
        identity.profile.save()?;
        print(&token, output);
        Ok(())
    }
}

fn print(token: &CachedToken, output: Output) {
    let value = json!({
        "access_token": token.access_token, "token_type": "Bearer", "expires_at": rfc3339(token.expires_at),
        "resources": token.resources,
    });
    output.print(&token.access_token, &value);
}
