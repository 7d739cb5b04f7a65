//! `agentid overseer register`, `login` and `logout`.

use clap::Args;
use serde_json::{Value, json};

use super::session::Session;
use crate::cli::confirm::password;
use crate::cli::output::{Output, fields, text_of};
use crate::cli::target::Target;

/// Make an account, and log in.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer register --name 'Ada Lovelace' --email ada@example.org
  pass show agentid | agentid overseer register --name Ada --email ada@example.org --password-stdin

The password is asked for, or read from AGENTID_PASSWORD.")]
pub struct Register {
    /// 1 to 100 characters.
    #[arg(long)]
    name: String,
    /// The address that is the account.
    #[arg(long)]
    email: String,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// Log in.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer login --email ada@example.org
  pass show agentid | agentid overseer login --email ada@example.org --password-stdin

The password is asked for, or read from AGENTID_PASSWORD.")]
pub struct Login {
    /// The address that is the account.
    #[arg(long)]
    email: String,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// End the session.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid overseer logout")]
pub struct Logout {}

impl Register {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let password = password(self.password_stdin, true)?;
        let body = json!({ "name": self.name, "email": self.email, "password": password });
        log_in("/v1/overseers/register", &body, target, output)
    }
}

impl Login {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let password = password(self.password_stdin, false)?;
        log_in("/v1/overseers/login", &json!({ "email": self.email, "password": password }), target, output)
    }
}

impl Logout {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let logged_in = Session::open(target)?;
        Session::forget(target)?;
        let answer = logged_in.call("POST", "/v1/overseers/logout").send()?.accept()?;
        output.print("the session is ended", &answer);
        Ok(())
    }
}

fn log_in(path: &str, body: &Value, target: &Target, output: Output) -> anyhow::Result<()> {
    // A login may be to another server than the one before.
    let server = target.server(None)?;
    let answer = server.call("POST", path).json(body).send()?.accept()?;
    Session::keep(target, &server, &answer)?;
    let overseer = answer.get("overseer").unwrap_or(&Value::Null);
    let text = |name| Some(text_of(overseer, name)).filter(|text| !text.is_empty());
    let shown = [("overseer", text("id")), ("name", text("name")), ("email", text("email"))];
    output.print(&fields(&shown), &answer);
    Ok(())
}
