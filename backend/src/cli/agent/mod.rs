//! `agentid agent`: what an agent does for itself.

mod account;
mod authorize;
mod claim;
mod history;
mod identity;
mod keygen;
mod profile;
mod register;
pub mod rotate_key;
pub mod sign_in;
mod token;

use clap::{Args, Subcommand};
use serde_json::Value;

pub use identity::Identity;

use super::output::{Output, fields, text_of};
use super::target::Target;

/// Be an agent: keys, registration, tokens, claims.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent keygen
  agentid agent register --name my-agent
  curl -H \"Authorization: Bearer $(agentid agent token --resource https://api.example)\" https://api.example/

Keys lie in $XDG_DATA_HOME/agentid/profiles/NAME/key.pem, else below ~/.local/share.")]
pub struct Agent {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Keygen(keygen::Keygen),
    Register(register::Register),
    Login(account::Login),
    Logout(account::Logout),
    Whoami(account::Whoami),
    Update(account::Update),
    RotateKey(rotate_key::RotateKey),
    Claim(claim::Claim),
    RevokeOverseer(claim::RevokeOverseer),
    History(history::History),
    Token(token::Token),
    Authorize(authorize::Authorize),
    SignIn(sign_in::SignIn),
    Delete(account::Delete),
}

impl Agent {
    /// Does it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let target = self.target;
        match self.command {
            Command::Keygen(command) => command.run(&target, output),
            Command::Register(command) => command.run(&target, output),
            Command::Login(command) => command.run(&target, output),
            Command::Logout(command) => command.run(&target, output),
            Command::Whoami(command) => command.run(&target, output),
            Command::Update(command) => command.run(&target, output),
            Command::RotateKey(command) => command.run(&target, output),
            Command::Claim(command) => command.run(&target, output),
            Command::RevokeOverseer(command) => command.run(&target, output),
            Command::History(command) => command.run(&target, output),
            Command::Token(command) => command.run(&target, output),
            Command::Authorize(command) => command.run(&target, output),
            Command::SignIn(command) => command.run(&target, output),
            Command::Delete(command) => command.run(&target, output),
        }
    }
}

/// What the server has the agent know besides.
pub fn hint_text(answer: &Value) -> String {
    let hint = text_of(answer, "hint");
    if hint.is_empty() { String::new() } else { format!("\n\n{hint}") }
}

/// An agent as people see it.
pub fn agent_text(agent: &Value) -> String {
    let text = |name| Some(text_of(agent, name)).filter(|text| !text.is_empty());
    fields(&[
        ("agent", text("id")),
        ("name", text("name")),
        ("description", text("description")),
        ("public key", text("public_key")),
        ("overseer", text("overseer_id").or(Some("nobody"))),
        ("stopped", text("stopped_at")),
        ("created", text("created_at")),
    ])
}
