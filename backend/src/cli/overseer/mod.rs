//! `agentid overseer`: what a human does who answers for agents.

mod account;
mod agents;
mod blocks;
mod claim;
mod session;

use clap::{Args, Subcommand};

pub use agents::receipt;
pub use session::{LoggedIn, Session};

use super::output::Output;
use super::target::Target;
use crate::id::AgentId;

/// Answer for agents: accounts, claims, stop and resume.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer register --name 'Ada Lovelace' --email ada@example.org
  agentid overseer claim 019ab4c1-… --wait
  agentid overseer stop 019ab4c1-…

The session of the login lies in $XDG_DATA_HOME/agentid/overseers/NAME.json, else below ~/.local/share.")]
pub struct Overseer {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Register(account::Register),
    Login(account::Login),
    Logout(account::Logout),
    Agents(agents::Agents),
    Claim(claim::Claim),
    Declaim(agents::Declaim),
    Stop(agents::Stop),
    Resume(agents::Resume),
    Block(blocks::Block),
    Unblock(blocks::Unblock),
    Blocked(blocks::Blocked),
}

impl Overseer {
    /// Does it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let target = self.target;
        match self.command {
            Command::Register(command) => command.run(&target, output),
            Command::Login(command) => command.run(&target, output),
            Command::Logout(command) => command.run(&target, output),
            Command::Agents(command) => command.run(&target, output),
            Command::Claim(command) => command.run(&target, output),
            Command::Declaim(command) => command.run(&target, output),
            Command::Stop(command) => command.run(&target, output),
            Command::Resume(command) => command.run(&target, output),
            Command::Block(command) => command.run(&target, output),
            Command::Unblock(command) => command.run(&target, output),
            Command::Blocked(command) => command.run(&target, output),
        }
    }
}

/// Reads an agent's id from the command line.
pub fn agent_id(text: &str) -> Result<AgentId, &'static str> {
    AgentId::parse(text).ok_or("an id is a UUID in lower case")
}
