//! `agentid overseer block`, `unblock` and `blocked`: which applications an agent may not use.

use agentid_client::http::text_of;
use clap::Args;
use serde_json::{Value, json};

use super::agent_id;
use super::session::Session;
use crate::cli::client::client_id;
use crate::cli::output::Output;
use crate::cli::target::Target;
use crate::id::{AgentId, ClientId};

/// Forbid an application for an agent: what it holds for the agent ends at once.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid overseer block 019ab4c1-… 019ab4c2-…")]
pub struct Block {
    #[command(flatten)]
    pair: Pair,
}

/// Allow an application again. What was ended stays ended.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid overseer unblock 019ab4c1-… 019ab4c2-…")]
pub struct Unblock {
    #[command(flatten)]
    pair: Pair,
}

/// List the applications that are forbidden for an agent.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid overseer blocked 019ab4c1-…")]
pub struct Blocked {
    /// The agent.
    #[arg(value_name = "AGENT_ID", value_parser = agent_id)]
    agent: AgentId,
}

/// An agent and an application.
#[derive(Args)]
struct Pair {
    /// The agent.
    #[arg(value_name = "AGENT_ID", value_parser = agent_id)]
    agent: AgentId,
    /// The application.
    #[arg(value_name = "CLIENT_ID", value_parser = client_id)]
    client: ClientId,
}

impl Block {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let path = format!("/v1/overseers/agents/{}/block-client", self.pair.agent);
        let body = json!({ "client_id": self.pair.client });
        let answer = Session::open(target)?.call("POST", &path).json(&body).send()?.accept()?;
        output.print("blocked: what it held for the agent is ended", &answer);
        Ok(())
    }
}

impl Unblock {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let path = format!("/v1/overseers/agents/{}/block-client/{}", self.pair.agent, self.pair.client);
        let answer = Session::open(target)?.call("DELETE", &path).send()?.accept()?;
        output.print("unblocked: the agent may authorize it again", &answer);
        Ok(())
    }
}

impl Blocked {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let path = format!("/v1/overseers/agents/{}/blocked-clients", self.agent);
        let answer = Session::open(target)?.call("GET", &path).send()?.accept()?;
        let clients = answer.get("blocked_clients").and_then(Value::as_array);
        let row =
            |client: &Value| format!("{}  since {}\n", text_of(client, "client_id"), text_of(client, "created_at"));
        let mut text: String = clients.into_iter().flatten().map(row).collect();
        if text.is_empty() {
            text.push_str("no application is blocked for this agent");
        }
        output.print(&text, &answer);
        Ok(())
    }
}
