//! `agentid overseer agents`, `declaim`, `stop` and `resume`.

use clap::Args;
use serde_json::Value;

use super::agent_id;
use super::session::Session;
use crate::cli::output::{Output, fields, text_of};
use crate::cli::target::Target;
use crate::id::AgentId;

/// List the agents that you answer for.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer agents
  agentid overseer agents --json | jq -r '.agents[].id'")]
pub struct Agents {}

/// Let an agent go, at once.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer declaim 019ab4c1-…")]
pub struct Declaim {
    /// The agent.
    #[arg(value_name = "AGENT_ID", value_parser = agent_id)]
    agent: AgentId,
}

/// Stop an agent at once: what it has ends, and it gets nothing until resumed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer stop 019ab4c1-…
  agentid overseer stop 019ab4c1-… --json | jq .took_ms")]
pub struct Stop {
    /// The agent.
    #[arg(value_name = "AGENT_ID", value_parser = agent_id)]
    agent: AgentId,
}

/// Let a stopped agent act again.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer resume 019ab4c1-…")]
pub struct Resume {
    /// The agent.
    #[arg(value_name = "AGENT_ID", value_parser = agent_id)]
    agent: AgentId,
}

impl Agents {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let answer = Session::open(target)?.call("GET", "/v1/overseers/me/agents").send()?.accept()?;
        let agents = answer.get("agents").and_then(Value::as_array);
        let mut text: String = agents.into_iter().flatten().map(row).collect();
        if text.is_empty() {
            text.push_str("you answer for no agent yet: agentid overseer claim AGENT_ID");
        }
        output.print(&text, &answer);
        Ok(())
    }
}

fn row(agent: &Value) -> String {
    let state = if text_of(agent, "stopped_at").is_empty() { "active" } else { "stopped" };
    format!("{}  {state:7}  {}\n", text_of(agent, "id"), text_of(agent, "name"))
}

impl Declaim {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let path = format!("/v1/agents/declaim/{}", self.agent);
        let answer = Session::open(target)?.call("POST", &path).send()?.accept()?;
        output.print(&format!("you no longer answer for {}", self.agent), &answer);
        Ok(())
    }
}

impl Stop {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let path = format!("/v1/overseers/agents/{}/stop", self.agent);
        let answer = Session::open(target)?.call("POST", &path).send()?.accept()?;
        output.print(&receipt(&answer), &answer);
        Ok(())
    }
}

impl Resume {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let path = format!("/v1/overseers/agents/{}/stop", self.agent);
        let answer = Session::open(target)?.call("DELETE", &path).send()?.accept()?;
        output.print(&format!("{} may act again", self.agent), &answer);
        Ok(())
    }
}

/// The receipt of a stop, for people.
pub fn receipt(stopped: &Value) -> String {
    let ended = stopped.get("ended").unwrap_or(&Value::Null);
    let count = |name: &str| ended.get(name).and_then(Value::as_i64).unwrap_or(0);
    let ended = format!(
        "{} sessions, {} codes, {} access tokens, {} refresh tokens",
        count("sessions"),
        count("codes"),
        count("access_tokens"),
        count("refresh_tokens")
    );
    let took = format!("{:.1} ms", stopped.get("took_ms").and_then(Value::as_f64).unwrap_or(0.0));
    let offline = Some(text_of(stopped, "offline_until")).filter(|until| !until.is_empty());
    let offline = offline.map(|until| format!("{until}, where an API verifies offline and reads no revocation list"));
    fields(&[
        ("stopped", Some(text_of(stopped, "stopped_at"))),
        ("ended", Some(&ended)),
        ("accepted until", offline.as_deref()),
        ("took", Some(&took)),
    ])
}
