//! `agentid agent sign-in`: the agent signs itself into a browser.
//!
//! A link that somebody sends looks like one's own. So the command shows what would be signed, and asks; without anybody
//! to ask, it signs for the one application alone that it was told.

use agentid_client::challenge::{Challenge, Expected};
use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

use super::claim::challenge_id;
use super::identity::Identity;
use crate::cli::api_client::Server;
use crate::cli::client::client_id;
use crate::cli::confirm::confirm;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, fields};
use crate::cli::target::Target;
use crate::clock::Clock;
use crate::crypto::ed25519::SigningKey;
use crate::id::{AgentId, ClientId};
use crate::identity::challenges::Purpose;

/// Sign in to an application, in the browser that shows the address.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent sign-in http://127.0.0.1:8787/v1/oauth/sign-in/019ab4c1-…
  agentid agent sign-in 019ab4c1-… --client 019ab4c2-…

The page shows a code. Agree only if the command shows the same one: then it is your browser that is signed in.")]
pub struct SignIn {
    /// The address that the page shows, or its last part.
    #[arg(value_name = "URL")]
    challenge: String,
    /// Sign in to this application without asking, and to no other.
    #[arg(long, value_name = "CLIENT_ID", value_parser = client_id)]
    client: Option<ClientId>,
}

impl SignIn {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let identity = Identity::open(target)?;
        let id = challenge_id(&self.challenge, identity.server.issuer())?;
        let agent_id = &identity.agent_id;
        // Signed before anybody is asked, for what is shown must be what was checked. It stays here until they agree.
        let (challenge, signature) = sign(&identity.server, agent_id, &identity.key, id.as_str())?;
        let member = |name: &str| challenge.member(name).unwrap_or_default();
        if let Some(client) = &self.client
            && member("client_id") != client.as_str()
        {
            bail!("the page belongs to another application: {} ({})", member("client_name"), member("client_id"));
        }
        let what = fields(&[
            ("server", Some(identity.server.issuer())),
            ("application", Some(&member("client_name"))),
            ("its id", Some(&member("client_id"))),
            ("goes back to", Some(&member("redirect_host"))),
            ("asks for", Some(&member("scopes"))),
            ("at", Some(&member("resources"))),
            ("code", Some(&member("code"))),
        ]);
        let question = format!("{what}\nDoes the page show this code, and do you want to sign in there?");
        confirm(&question, self.client.is_some())?;
        let answer = send(&identity.server, agent_id, id.as_str(), &signature)?;
        output.print(&format!("{agent_id} is signed in where the code {} is shown", member("code")), &answer);
        Ok(())
    }
}

/// What the page's challenge says, and the agent's signature over it.
pub fn sign(
    server: &Server,
    agent_id: &AgentId,
    key: &SigningKey,
    challenge_id: &str,
) -> Result<(Challenge, String), Failure> {
    let path = format!("/v1/oauth/sign-in/{challenge_id}/{agent_id}");
    let challenge = Challenge::of(&server.call("GET", &path).send()?.accept()?)?;
    let own = [("agent_id", agent_id.as_str())];
    let expected = Expected { purpose: Purpose::SignIn.as_str(), issuer: server.issuer(), own: &own };
    let signature = challenge.sign(&expected, key, Clock::system().now())?;
    Ok((challenge, signature))
}

/// Hands the signature in.
pub fn send(server: &Server, agent_id: &AgentId, challenge_id: &str, signature: &str) -> Result<Value, Failure> {
    let body = json!({ "agent_id": agent_id, "signature": signature });
    Ok(server.call("POST", &format!("/v1/oauth/sign-in/{challenge_id}")).json(&body).send()?.accept()?)
}
