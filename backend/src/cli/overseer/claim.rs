//! `agentid overseer claim`: ask an agent whether one may answer for it.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::agent_id;
use super::session::{LoggedIn, Session};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, fields, line, text_of};
use crate::cli::target::Target;
use crate::clock::stopwatch;
use crate::id::AgentId;

/// How often the server is asked whether the agent has answered.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// Ask to answer for an agent; the agent must agree.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer claim 019ab4c1-…
  agentid overseer claim 019ab4c1-… --wait

It prints the command that the agent runs to agree. A claim can be answered for five minutes.")]
pub struct Claim {
    /// The agent.
    #[arg(value_name = "AGENT_ID", value_parser = agent_id)]
    agent: AgentId,
    /// Wait until the agent has answered; anything but its consent exits with 1.
    #[arg(long)]
    wait: bool,
}

impl Claim {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let overseer = Session::open(target)?;
        let initiate = overseer.call("POST", "/v1/agents/claim/initiate").json(&json!({ "agent_id": self.agent }));
        let mut answer = initiate.send()?.accept()?;
        let claim = text_of(&answer, "challenge_id").to_owned();
        let command = format!(
            "agentid agent claim {claim} --overseer {} --server {}",
            text_of(&answer, "overseer_id"),
            overseer.issuer()
        );
        let expires_at = text_of(&answer, "expires_at");
        let text = fields(&[("claim", Some(&claim)), ("until", Some(expires_at)), ("the agent runs", Some(&command))]);
        if !self.wait {
            if let Some(members) = answer.as_object_mut() {
                members.insert("command".into(), json!(command));
            }
            output.print(&text, &answer);
            return Ok(());
        }
        if output.is_json() {
            // The one object on standard output tells the outcome; the agent must hear of the claim before.
            eprintln!("{command}");
        } else {
            line(text.trim_end());
        }
        let status = wait(&overseer, &claim)?;
        output.print(&format!("you answer for {} now", self.agent), &status);
        Ok(())
    }
}

/// Asks until the agent has answered; the last answer.
#[expect(clippy::disallowed_methods, reason = "the server sends no signal, so it is asked once a second")]
fn wait(overseer: &LoggedIn, claim: &str) -> anyhow::Result<Value> {
    let began = stopwatch();
    let has_person = std::io::stderr().is_terminal();
    let path = format!("/v1/agents/claim/status/{claim}");
    loop {
        let answer = overseer.call("GET", &path).send()?.accept()?;
        let status = text_of(&answer, "status");
        if status == "pending" {
            if has_person {
                eprint!("\rwaiting for the agent, {} s ", began.elapsed().as_secs());
                std::io::stderr().flush()?;
            }
            std::thread::sleep(POLL_EVERY);
            continue;
        }
        if has_person {
            eprintln!();
        }
        return match status {
            "completed" => Ok(answer),
            "rejected" => Err(Failure::refused("claim_rejected", "The agent has declined.").into()),
            _ => Err(Failure::refused("claim_expired", "The agent has not answered in time. Claim it again.").into()),
        };
    }
}
