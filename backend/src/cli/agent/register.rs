//! `agentid agent register`: two steps, in one command.

use agentid_client::registration::register;
use anyhow::{Context as _, bail};
use clap::Args;

use super::agent_text;
use super::profile::Profile;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, text_of};
use crate::cli::target::Target;
use crate::clock::Clock;
use crate::id::AgentId;

/// Register the agent with a server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent register --name my-agent
  agentid agent register --server https://id.example.org --name my-agent --description 'reads the news'")]
pub struct Register {
    /// 1 to 100 characters, any script.
    #[arg(long)]
    name: String,
    /// What the agent is for, at most 500 characters.
    #[arg(long)]
    description: Option<String>,
}

impl Register {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut profile = Profile::open(target)?;
        if let (Some(agent_id), Some(server)) = (&profile.state.agent_id, &profile.state.server) {
            bail!("the profile is registered already, as {agent_id} with {server}: use another --profile");
        }
        let key = profile.key()?;
        let server = target.server(None)?;
        let registered = register(&server, &key, &self.name, self.description.as_deref(), &Clock::system());
        let answer = registered.map_err(Failure::from)?;
        let agent = answer.get("agent").context("the server did not say who the agent is")?;
        profile.state.agent_id = Some(AgentId::parse(text_of(agent, "id")).context("the agent's id is not a UUID")?);
        profile.state.server = Some(server.issuer().to_owned());
        profile.state.session = Some(text_of(&answer, "session_id").to_owned());
        profile.save()?;
        let next = "\nNext: agentid agent token --resource https://api.example";
        output.print(&format!("{}{next}", agent_text(agent)), &answer);
        Ok(())
    }
}
