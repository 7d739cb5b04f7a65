//! `agentid agent login`, `logout`, `whoami`, `update` and `delete`.

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::identity::Identity;
use super::profile::{Profile, State};
use super::{agent_text, hint_text};
use crate::cli::confirm::confirm;
use crate::cli::output::{Output, text_of};
use crate::cli::target::Target;
use crate::id::AgentId;

/// Begin a session, for programs that can not sign. The other commands need none: they sign.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent login
  agentid agent login --json | jq -r .session_id
  agentid agent login --server https://id.example.org    on a machine that has the key but not the id")]
pub struct Login {}

/// End the session of the login, and forget the tokens.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent logout")]
pub struct Logout {}

/// Show the agent as its server knows it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent whoami
  agentid agent whoami --json | jq -r .agent.id")]
pub struct Whoami {}

/// Change name or description.
#[derive(Args)]
#[group(required = true, multiple = true)]
#[command(after_help = "\
Examples:
  agentid agent update --name 'my better agent'
  agentid agent update --description 'reads the news'")]
pub struct Update {
    /// 1 to 100 characters, any script.
    #[arg(long)]
    name: Option<String>,
    /// At most 500 characters.
    #[arg(long)]
    description: Option<String>,
}

/// Delete the agent and everything of it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent delete
  agentid agent delete --yes")]
pub struct Delete {
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Login {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        adopt(target)?;
        let mut identity = Identity::open(target)?;
        let login = identity.call("POST", "/v1/agents/login").json(&json!({ "agent_id": identity.agent_id }));
        let answer = login.send()?.accept()?;
        identity.profile.state.session = Some(text_of(&answer, "session_id").to_owned());
        identity.profile.save()?;
        output.print(&agent_text(answer.get("agent").unwrap_or(&Value::Null)), &answer);
        Ok(())
    }
}

/// A profile that has a key but no id asks the server whose key it is.
fn adopt(target: &Target) -> anyhow::Result<()> {
    let mut profile = Profile::open(target)?;
    if profile.state.agent_id.is_some() {
        return Ok(());
    }
    let key = profile.key()?;
    let server = target.server(None)?;
    let answer = server.call("GET", "/v1/agents/me").proof(&key).send()?.accept()?;
    let id = answer.get("agent").and_then(|agent| AgentId::parse(text_of(agent, "id")));
    profile.state.agent_id = Some(id.context("the server did not say who the agent is")?);
    profile.state.server = Some(server.issuer().to_owned());
    profile.save()
}

impl Logout {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut identity = Identity::open(target)?;
        identity.profile.state.tokens.clear();
        let session = identity.profile.state.session.take();
        identity.profile.save()?;
        let Some(session) = session else { bail!("there is no session; the tokens are forgotten") };
        let answer = identity.server.call("POST", "/v1/agents/logout").session(&session).send()?.accept()?;
        output.print("the session is ended, and the tokens are forgotten", &answer);
        Ok(())
    }
}

impl Whoami {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let answer = Identity::open(target)?.call("GET", "/v1/agents/me").send()?.accept()?;
        print_agent(&answer, output);
        Ok(())
    }
}

impl Update {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let body = json!({ "name": self.name, "description": self.description });
        let answer = Identity::open(target)?.call("PATCH", "/v1/agents/me").json(&body).send()?.accept()?;
        print_agent(&answer, output);
        Ok(())
    }
}

impl Delete {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut identity = Identity::open(target)?;
        let question = format!(
            "Delete {} at {}, with its clients, tokens, history and oversight? This can not be undone.",
            identity.agent_id,
            identity.server.issuer()
        );
        confirm(&question, self.yes)?;
        let answer = identity.call("DELETE", "/v1/agents/me").send()?.accept()?;
        identity.profile.state = State::default();
        identity.profile.save()?;
        let text = format!("deleted; its key is still at {}", identity.profile.key_path().display());
        output.print(&text, &answer);
        Ok(())
    }
}

fn print_agent(answer: &Value, output: Output) {
    let text = agent_text(answer.get("agent").unwrap_or(&Value::Null));
    output.print(&format!("{text}{}", hint_text(answer)), answer);
}
