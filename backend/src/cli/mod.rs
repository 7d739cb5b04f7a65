//! The command line: one file per subcommand.
#![expect(clippy::print_stderr, reason = "this is where the program talks to people")]

pub mod admin;
pub mod agent;
pub mod api_client;
pub mod billing;
pub mod client;
pub mod config;
pub mod confirm;
pub mod db;
pub mod demo;
pub mod docs;
pub mod failure;
pub mod keys;
pub mod output;
pub mod overseer;
pub mod private_file;
pub mod serve;
pub mod settings;
pub mod start;
pub mod target;
pub mod tiers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::Output;

/// An identity provider for AI agents.
#[derive(Parser)]
#[command(name = "agentid", version, about, propagate_version = true, after_help = EXAMPLES)]
struct Arguments {
    /// Print JSON, one object, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  agentid demo                 watch the whole story on a throw-away server
  agentid serve                run a server on http://127.0.0.1:8787
  agentid agent keygen         make an agent's key

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 the server can not be reached or is busy.";

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Agent(agent::Agent),
    Overseer(overseer::Overseer),
    Client(client::Client),
    #[command(subcommand)]
    Admin(admin::Admin),
    #[command(subcommand)]
    Tiers(tiers::Tiers),
    #[command(subcommand)]
    Billing(billing::Billing),
    Config(config::Config),
    #[command(subcommand)]
    Db(db::Db),
    #[command(subcommand)]
    Keys(keys::Keys),
    #[command(subcommand)]
    Docs(docs::Docs),
}

/// Runs the program as it was called.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    let result = match arguments.command {
        Command::Demo(command) => command.run(output),
        Command::Serve(command) => command.run(),
        Command::Agent(command) => command.run(output),
        Command::Overseer(command) => command.run(output),
        Command::Client(command) => command.run(output),
        Command::Admin(command) => command.run(output),
        Command::Tiers(command) => command.run(output),
        Command::Billing(command) => command.run(output),
        Command::Config(command) => command.run(output),
        Command::Db(command) => command.run(output),
        Command::Keys(command) => command.run(output),
        Command::Docs(command) => command.run(output),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast::<clap::Error>() {
            Ok(usage) => usage.exit(),
            Err(error) => output.failure(&error),
        },
    }
}
