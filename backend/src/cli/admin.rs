//! `agentid admin`: what an operator can do to anybody, on the database itself, also while the server runs.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::failure::Failure;
use super::keys;
use super::output::Output;
use super::overseer::{agent_id, receipt};
use super::settings::Settings;
use crate::clock::{Clock, rfc3339, stopwatch};
use crate::db::Db;
use crate::db::schema::{agents, overseers};
use crate::http::api::overseers::stop::Stopped;
use crate::id::{AgentId, Owner};
use crate::identity::account_links;
use crate::identity::fields::Email;
use crate::identity::security_log::CalledFrom;
use crate::oauth::clients::resources;
use crate::oversight::stop;
use crate::random::Random;
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// List agents and overseers, stop and resume any agent, allow resources.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  agentid admin agents
  agentid admin overseers --limit 20
  agentid admin stop 019ab4c1-…
  agentid admin resume 019ab4c1-… --data /var/lib/agentid
  agentid admin reset-password ada@example.org
  agentid admin allow-resource overseer:019ab4c0-… https://api.example.org

They work on the database of the data folder, with the server running or not.")]
pub enum Admin {
    /// List the agents, by age.
    #[command(after_help = "Examples:\n  agentid admin agents --limit 20\n  agentid admin agents --after 019ab4c1-…")]
    Agents(List),
    /// List the overseers, by age.
    #[command(
        after_help = "Examples:\n  agentid admin overseers --limit 20\n  agentid admin overseers --after 019ab4c0-…"
    )]
    Overseers(List),
    /// Stop any agent at once; only an operator can resume it then.
    #[command(after_help = "Examples:\n  agentid admin stop 019ab4c1-…")]
    Stop(One),
    /// Let any agent act again.
    #[command(after_help = "Examples:\n  agentid admin resume 019ab4c1-…")]
    Resume(One),
    /// Print a link by which an overseer sets a new password, once and within an hour.
    #[command(after_help = "Examples:\n  agentid admin reset-password ada@example.org\n  \
                      agentid admin reset-password ada@example.org --set server.issuer=https://id.example.org\n\n\
                      Who has the link has the account: give it to its owner and to nobody else.")]
    ResetPassword(ResetPassword),
    /// Let an owner's clients introspect the tokens of an API that is on none of their redirect URIs' origins.
    #[command(after_help = "Examples:\n  agentid admin allow-resource overseer:019ab4c0-… https://api.example.org\n  \
                      agentid admin allow-resource agent:019ab4c1-… https://api.example.org/v1")]
    AllowResource(AllowResource),
}

/// Which page.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    settings: Settings,
    /// How many, 1 to 1000.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Go on after this id, which the page before ends with.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    after: String,
}

/// Which agent.
#[derive(Args)]
pub struct One {
    #[command(flatten)]
    settings: Settings,
    /// The agent.
    #[arg(value_name = "AGENT_ID", value_parser = agent_id)]
    agent: AgentId,
}

/// Whose password.
#[derive(Args)]
pub struct ResetPassword {
    #[command(flatten)]
    settings: Settings,
    /// The account's e-mail address.
    #[arg(value_name = "EMAIL")]
    email: String,
}

/// Which API, and whose it is.
#[derive(Args)]
pub struct AllowResource {
    #[command(flatten)]
    settings: Settings,
    /// The owner: `agent:ID` or `overseer:ID`.
    #[arg(value_name = "OWNER", value_parser = owner)]
    owner: Owner,
    /// The URI that tokens name as `aud`.
    #[arg(value_name = "URI")]
    resource: String,
}

fn owner(text: &str) -> Result<Owner, &'static str> {
    let owner = text.split_once(':').and_then(|(owner_type, id)| Owner::parse(owner_type, id));
    owner.ok_or("an owner is `agent:ID` or `overseer:ID`, the id a UUID in lower case")
}

impl Admin {
    /// Does it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        match self {
            Self::Agents(list) => runtime.block_on(list.agents(output)),
            Self::Overseers(list) => runtime.block_on(list.overseers(output)),
            Self::Stop(one) => runtime.block_on(one.stop(output)),
            Self::Resume(one) => runtime.block_on(one.resume(output)),
            Self::ResetPassword(command) => runtime.block_on(command.run(output)),
            Self::AllowResource(command) => runtime.block_on(command.run(output)),
        }
    }
}

impl List {
    async fn agents(self, output: Output) -> anyhow::Result<()> {
        let (db, after, limit) = (open(&self.settings)?, self.after, i64::from(self.limit));
        let agents = db.read(move |tx| agents::list(tx, &after, limit)).await?;
        let next = agents.last().filter(|_| agents.len() == usize::from(self.limit)).map(|agent| agent.id.to_string());
        let mut text = String::new();
        let mut rows: Vec<Value> = Vec::new();
        for agent in agents {
            let state = agent.stopped_by.as_ref().map_or("active".to_owned(), |by| format!("stopped by {by}"));
            text.push_str(&format!("{}  {}  {state}  {}\n", agent.id, rfc3339(agent.created_at), agent.name));
            rows.push(json!({
                "id": agent.id, "name": agent.name, "public_key": agent.public_key.to_base64url(),
                "created_at": rfc3339(agent.created_at), "stopped_by": agent.stopped_by,
                "stopped_at": agent.stopped_at.map(rfc3339),
            }));
        }
        print_page("agents", &text, rows, next, output);
        Ok(())
    }

    async fn overseers(self, output: Output) -> anyhow::Result<()> {
        let (db, after, limit) = (open(&self.settings)?, self.after, i64::from(self.limit));
        let overseers = db.read(move |tx| overseers::list(tx, &after, limit)).await?;
        let is_full = overseers.len() == usize::from(self.limit);
        let next = overseers.last().filter(|_| is_full).map(|overseer| overseer.id.to_string());
        let mut text = String::new();
        let mut rows: Vec<Value> = Vec::new();
        for overseer in overseers {
            let (created_at, email) = (rfc3339(overseer.created_at), overseer.email.as_deref().unwrap_or("(shadow)"));
            text.push_str(&format!("{}  {created_at}  {email}  {}\n", overseer.id, overseer.name));
            rows.push(json!({ "id": overseer.id, "name": overseer.name, "email": overseer.email,
                              "created_at": created_at }));
        }
        print_page("overseers", &text, rows, next, output);
        Ok(())
    }
}

fn print_page(name: &str, text: &str, rows: Vec<Value>, next: Option<String>, output: Output) {
    let more = next.as_ref().map(|next| format!("more: --after {next}")).unwrap_or_default();
    let text = if rows.is_empty() { format!("no {name}") } else { format!("{text}{more}") };
    output.print(&text, &json!({ name: rows, "next": next }));
}

/// Where the operator calls from, for the security log.
fn by_command_line() -> CalledFrom {
    CalledFrom::command_line(&Clock::system(), Random::system())
}

impl One {
    async fn stop(self, output: Output) -> anyhow::Result<()> {
        let (db, agent, from) = (open(&self.settings)?, self.agent, by_command_line());
        let began = stopwatch();
        let stopped: Result<_, Refusal> = db.write(move |tx| stop::by_operator(tx, &agent, &from)).await;
        let stopped = Stopped::new(&stopped.map_err(Failure::from)?, began.elapsed().as_secs_f64() * 1000.0);
        let value = serde_json::to_value(&stopped)?;
        output.print(&receipt(&value), &value);
        Ok(())
    }

    async fn resume(self, output: Output) -> anyhow::Result<()> {
        let (db, agent, from) = (open(&self.settings)?, self.agent.clone(), by_command_line());
        let resumed: Result<_, Refusal> = db.write(move |tx| stop::resume_by_operator(tx, &agent, &from)).await;
        resumed.map_err(Failure::from)?;
        output.print(&format!("{} may act again", self.agent), &json!({ "success": true }));
        Ok(())
    }
}

impl ResetPassword {
    async fn run(self, output: Output) -> anyhow::Result<()> {
        let issuer = self.settings.load([])?.config.server.issuer.to_string();
        let (db, from, token) = (open(&self.settings)?, by_command_line(), PlainToken::generate(Random::system()));
        let (email, hash) = (Email::parse(&self.email).map_err(Failure::from)?, token.hash());
        let begin = db.write(move |tx| {
            let overseer = overseers::find_by_email(tx, email.as_str())?.ok_or(Code::OverseerNotFound)?;
            account_links::begin_reset(tx, &overseer.id, &hash, &from)
        });
        begin.await.map_err(Failure::from)?;
        let link = format!("{issuer}/reset?token={}", token.expose());
        output.print(&link, &json!({ "link": link, "expires_in": account_links::LIFETIME }));
        Ok(())
    }
}

impl AllowResource {
    async fn run(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        if let Err(problem) = resources::check(&self.resource, &config.server.issuer.to_string()) {
            return Err(Failure::refused(Code::InvalidField.as_str(), format!("{} {problem}", self.resource)).into());
        }
        let (db, owner, resource) = (keys::existing_database(&config)?, self.owner, self.resource.clone());
        let now = Clock::system().now();
        let text = format!("{}:{} may name {}", owner.owner_type(), owner.id(), self.resource);
        let allowed: Result<_, Refusal> = db.write(move |tx| resources::allow(tx, &owner, &resource, now)).await;
        allowed.map_err(Failure::from)?;
        output.print(&text, &json!({ "success": true }));
        Ok(())
    }
}

/// The database of the data folder, or where the settings say.
pub fn open(settings: &Settings) -> anyhow::Result<Db> {
    keys::existing_database(&settings.load([])?.config)
}
