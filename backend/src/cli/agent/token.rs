//! `agentid agent token`: a token for an API, in one call.

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::identity::Identity;
use super::profile::CachedToken;
use crate::cli::api_client::Server;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, text_of};
use crate::cli::signing;
use crate::cli::target::Target;
use crate::clock::{Clock, rfc3339};
use crate::crypto::ed25519::SigningKey;
use crate::id::AgentId;
use crate::oauth::client_assertion::ASSERTION_TYPE;
use crate::random::Random;

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
        let mut resources = self.resource;
        resources.sort();
        resources.dedup();
        let tokens = &mut identity.profile.state.tokens;
        let is_wanted = |token: &CachedToken| token.resources == resources && token.scope == self.scope;
        tokens.retain(|token| token.expires_at > now + SPARE && !(self.fresh && is_wanted(token)));
        if let Some(token) = tokens.iter().find(|token| is_wanted(token)) {
            print(token, output);
            return Ok(());
        }
        let answer = request(&identity.server, &identity.agent_id, &identity.key, &resources, self.scope.as_deref())?;
        let token = CachedToken {
            expires_at: now + answer.get("expires_in").and_then(Value::as_i64).unwrap_or(0),
            access_token: answer.get("access_token").and_then(Value::as_str).context("there is no token")?.to_owned(),
            resources,
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

/// `client_credentials` by the agent as itself; the answer.
pub fn request(
    server: &Server,
    agent_id: &AgentId,
    key: &SigningKey,
    resources: &[String],
    scope: Option<&str>,
) -> Result<Value, Failure> {
    let assertion = signing::assertion(key, agent_id, server.issuer(), &Clock::system(), Random::system());
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &assertion),
    ];
    form.extend(scope.map(|scope| ("scope", scope)));
    form.extend(resources.iter().map(|resource| ("resource", resource.as_str())));
    let answer = server.call("POST", "/v1/oauth/token").form(&form).send()?.accept()?;
    match text_of(&answer, "access_token") {
        "" => Err(Failure::refused("unexpected_answer", "The server sent no token.")),
        _ => Ok(answer),
    }
}
