//! `agentid billing`: what the payment provider has told, and applying it again.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::admin::open;
use super::failure::Failure;
use super::output::Output;
use super::settings::Settings;
use crate::billing::events::{self, EventError, Outcome};
use crate::billing::reconcile::{Reconciler, Report};
use crate::billing::tiers::Tiers;
use crate::clock::{Clock, rfc3339};
use crate::db::Tx;
use crate::db::schema::billing_events::{self, BillingEvent};
use crate::db::schema::checkouts::{self, Checkout};
use crate::db::schema::overseers;
use crate::id::AgentId;
use crate::outbound::paddle::Paddle;
use crate::random::Random;
use crate::refusal::{Code, Refusal};
use crate::settlement::{self, Outlook};

/// See what Paddle has told, and apply what could not be applied.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  agentid billing events --waiting
  agentid billing replay evt_01…
  agentid billing reconcile
  agentid billing preview --set paddle.api_key=…
  agentid billing refunds

They work on the database of the data folder, with the server running or not.")]
pub enum Billing {
    /// List the events, the newest first.
    #[command(after_help = "Examples:\n  agentid billing events --limit 20\n  agentid --json billing events --waiting")]
    Events(Events),
    /// Apply an event that could not be applied when it came.
    #[command(after_help = "Examples:\n  agentid billing replay evt_01…\n\n\
                      An event that is applied stays as it is: nothing is ever applied twice.")]
    Replay(Replay),
    /// Look up at Paddle what was not told: payments that were begun, and subscriptions. A server does so every night.
    #[command(after_help = "Examples:\n  agentid billing reconcile\n  agentid --json billing reconcile")]
    Reconcile(Where),
    /// List payments that could do nothing any more: give the money back at Paddle, and they leave the list.
    #[command(after_help = "Examples:\n  agentid billing refunds\n  agentid --json billing refunds")]
    Refunds(Refunds),
    /// List who has more than their tier allows, what would go and when, by the settings given. Changes nothing.
    #[command(after_help = "Examples:\n  agentid billing preview\n  \
                      agentid billing preview --set billing.default_tier=FREE")]
    Preview(Where),
}

/// Which.
#[derive(Args)]
pub struct Events {
    /// Only those that wait to be applied.
    #[arg(long)]
    waiting: bool,
    /// How many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
    /// Only older ones than this.
    #[arg(long, value_name = "EVENT_ID")]
    before: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// Which one.
#[derive(Args)]
pub struct Replay {
    /// As `agentid billing events` shows it.
    event_id: String,
    #[command(flatten)]
    settings: Settings,
}

/// Which.
#[derive(Args)]
pub struct Refunds {
    /// How many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
    /// Only those after this one.
    #[arg(long, value_name = "TRANSACTION_ID")]
    after: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// Where.
#[derive(Args)]
pub struct Where {
    #[command(flatten)]
    settings: Settings,
}

impl Billing {
    /// Does it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        match self {
            Self::Events(command) => runtime.block_on(command.run(output)),
            Self::Replay(command) => runtime.block_on(command.run(output)),
            Self::Reconcile(command) => runtime.block_on(command.reconcile(output)),
            Self::Refunds(command) => runtime.block_on(command.run(output)),
            Self::Preview(command) => runtime.block_on(command.preview(output)),
        }
    }
}

impl Events {
    async fn run(self, output: Output) -> anyhow::Result<()> {
        let (waiting, limit, before) = (self.waiting, self.limit, self.before);
        let db = open(&self.settings)?;
        let events = db.read(move |tx| billing_events::page(tx, before.as_deref(), waiting, limit)).await?;
        let line = |event: &BillingEvent| {
            let state = event.applied_at.map_or_else(|| "waits".to_owned(), |at| format!("applied {}", rfc3339(at)));
            format!("{}  {}  {:<28}  {state}", rfc3339(event.received_at), event.id, event.event_type)
        };
        let text = events.iter().map(line).collect::<Vec<_>>().join("\n");
        let text = if events.is_empty() { "There are no such events.".to_owned() } else { text };
        output.print(&text, &json!({ "events": events.iter().map(shown).collect::<Vec<_>>() }));
        Ok(())
    }
}

impl Replay {
    async fn run(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        let tiers = Tiers::new(&config.billing, &config.paddle);
        let (id, now) = (self.event_id.clone(), Clock::system().now());
        let apply = open(&self.settings)?.write(move |tx: &mut Tx<'_>| events::apply(tx, &id, &tiers, now)).await;
        let text = match apply {
            Ok(Outcome::Applied(_)) => "It is applied.",
            Ok(Outcome::Known) => "It was applied before, and stays so.",
            Err(error @ (EventError::Unknown | EventError::Unreadable(_))) => {
                return Err(Failure::from(Code::InvalidField.because(error.to_string())).into());
            }
            Err(EventError::Database(error)) => return Err(error.into()),
        };
        output.print(text, &json!({ "event_id": self.event_id, "applied": true }));
        Ok(())
    }
}

impl Refunds {
    async fn run(self, output: Output) -> anyhow::Result<()> {
        let (limit, after) = (self.limit, self.after);
        let due = open(&self.settings)?.read(move |tx| checkouts::refunds_due(tx, after.as_deref(), limit)).await?;
        let paid = |checkout: &Checkout| checkout.completed_at.map(rfc3339).unwrap_or_default();
        let line = |checkout: &Checkout| {
            let why = match checkout.refund_due.as_deref() {
                Some("account_gone") => "the account was gone; end the subscription, too",
                Some("claimed") => "an overseer had come to answer for the agent",
                _ => "the agent was gone",
            };
            let agent = checkout.agent_id.as_ref().map_or("", AgentId::as_str);
            format!("{}  {}  {agent}  {why}", paid(checkout), checkout.transaction_id)
        };
        let text = due.iter().map(line).collect::<Vec<_>>().join("\n");
        let text = if due.is_empty() { "Nothing is to be given back.".to_owned() } else { text };
        let shown = |checkout: &Checkout| {
            json!({
                "transaction_id": checkout.transaction_id, "agent_id": checkout.agent_id,
                "paid_at": paid(checkout), "why": checkout.refund_due,
            })
        };
        output.print(&text, &json!({ "refunds": due.iter().map(shown).collect::<Vec<_>>() }));
        Ok(())
    }
}

impl Where {
    async fn reconcile(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        let paddle = Paddle::new(&config.paddle).ok_or_else(|| Failure::from(Refusal::from(Code::NoBilling)))?;
        let reconciler = Reconciler {
            db: open(&self.settings)?,
            paddle,
            tiers: Tiers::new(&config.billing, &config.paddle),
            clock: Clock::system(),
            random: Random::system(),
        };
        let report = reconciler.run().await?;
        let Report { looked_up, changed, failed, .. } = report;
        output.print(&report.in_words(), &json!({ "looked_up": looked_up, "changed": changed, "failed": failed }));
        Ok(())
    }

    async fn preview(self, output: Output) -> anyhow::Result<()> {
        let config = self.settings.load([])?.config;
        let (db, tiers) = (open(&self.settings)?, Tiers::new(&config.billing, &config.paddle));
        let (mut after, mut found, now) = (String::new(), Vec::new(), Clock::system().now());
        loop {
            let (last, rules) = (after.clone(), tiers.clone());
            let read = db.read(move |tx| -> Result<_, Refusal> {
                let page = overseers::list(tx, &last, 100)?;
                let last = page.last().map(|overseer| overseer.id.to_string());
                let outlooks = page.into_iter().map(|overseer| settlement::outlook(tx, overseer, &rules, now));
                Ok((last, outlooks.collect::<Result<Vec<_>, _>>()?))
            });
            let (Some(last), outlooks) = read.await.map_err(Failure::from)? else { break };
            after = last;
            found.extend(outlooks.into_iter().flatten());
        }
        let line = |outlook: &Outlook| {
            let (agents, clients) = (outlook.agents.len(), outlook.clients.len());
            let email = outlook.overseer.email.as_deref().unwrap_or("no address");
            let at = rfc3339(outlook.at);
            format!(
                "{}  {email}  {}: {agents} agents and {clients} clients go at {at}",
                outlook.overseer.id, outlook.tier
            )
        };
        let text = found.iter().map(line).collect::<Vec<_>>().join("\n");
        let text = if found.is_empty() { "Nobody has more than their tier allows.".to_owned() } else { text };
        let shown = |outlook: &Outlook| {
            json!({
                "overseer_id": outlook.overseer.id, "tier": outlook.tier, "agents": outlook.agents,
                "clients": outlook.clients, "at": rfc3339(outlook.at),
            })
        };
        output.print(&text, &json!({ "overseers": found.iter().map(shown).collect::<Vec<_>>() }));
        Ok(())
    }
}

fn shown(event: &BillingEvent) -> Value {
    json!({
        "id": event.id, "event_type": event.event_type, "received_at": rfc3339(event.received_at),
        "applied_at": event.applied_at.map(rfc3339),
        "event": serde_json::from_str::<Value>(&event.body).unwrap_or_default(),
    })
}
