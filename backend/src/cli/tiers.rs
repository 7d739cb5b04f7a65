//! `agentid tiers`: what each tier allows.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::admin::open;
use super::failure::Failure;
use super::output::Output;
use super::settings::Settings;
use crate::db::Tx;
use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::refusal::{Code, Refusal};

/// Show what each tier allows, or change it.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  agentid tiers list
  agentid tiers set FREE --max-agents 2
  agentid tiers set BASIC --max-oauth-per-period 1000 --data /var/lib/agentid

They work on the database of the data folder, with the server running or not.")]
pub enum Tiers {
    /// List the tiers, the cheapest first.
    #[command(after_help = "Examples:\n  agentid tiers list\n  agentid --json tiers list")]
    List(List),
    /// Change what a tier allows; what is left out stays. -1 is no limit.
    #[command(after_help = "Examples:\n  agentid tiers set FREE --max-agents 2\n  \
                      agentid tiers set PRO --max-clients -1\n\n\
                      The price is what people are told; what they pay is the price at Paddle.")]
    Set(Set),
}

/// Where.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    settings: Settings,
}

/// What changes.
#[derive(Args)]
pub struct Set {
    /// FREE, BASIC, PRO, PREMIUM or SHADOW.
    tier: String,
    /// How many agents an overseer may answer for.
    #[arg(long, allow_negative_numbers = true)]
    max_agents: Option<i64>,
    /// How many clients an overseer and their agents may have.
    #[arg(long, allow_negative_numbers = true)]
    max_clients: Option<i64>,
    /// How many authorizations an agent may make in a period.
    #[arg(long, allow_negative_numbers = true)]
    max_oauth_per_period: Option<i64>,
    /// A month's, in minor units.
    #[arg(long)]
    price: Option<i64>,
    #[command(flatten)]
    settings: Settings,
}

impl Tiers {
    /// Does it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        match self {
            Self::List(command) => runtime.block_on(command.run(output)),
            Self::Set(command) => runtime.block_on(command.run(output)),
        }
    }
}

impl List {
    async fn run(self, output: Output) -> anyhow::Result<()> {
        let tiers = open(&self.settings)?.read(subscription_tiers::all).await?;
        let number = |number: i64| if number < 0 { "no limit".to_owned() } else { number.to_string() };
        let mut text =
            format!("{:<8} {:>9} {:>9} {:>15} {:>7}", "TIER", "AGENTS", "CLIENTS", "AUTHORIZATIONS", "PRICE");
        for tier in &tiers {
            let limits = [tier.max_agents, tier.max_clients, tier.max_oauth_per_period].map(number);
            let [agents, clients, authorizations] = &limits;
            text.push_str(&format!(
                "\n{:<8} {agents:>9} {clients:>9} {authorizations:>15} {:>7}",
                tier.tier, tier.price
            ));
        }
        output.print(&text, &json!({ "tiers": tiers.iter().map(shown).collect::<Vec<_>>() }));
        Ok(())
    }
}

impl Set {
    async fn run(self, output: Output) -> anyhow::Result<()> {
        let db = open(&self.settings)?;
        let numbers = [self.max_agents, self.max_clients, self.max_oauth_per_period];
        if numbers.iter().flatten().any(|number| *number < -1) || self.price.is_some_and(|price| price < 0) {
            let refusal = Code::InvalidField.because("A limit is -1 (none) or more, and a price 0 or more.");
            return Err(Failure::from(refusal).into());
        }
        let (name, price) = (self.tier, self.price);
        let set = db.write(move |tx: &mut Tx<'_>| -> Result<SubscriptionTier, Refusal> {
            let unknown = || Code::InvalidField.because("There is no such tier: see `agentid tiers list`.");
            let old = subscription_tiers::find(tx, &name)?.ok_or_else(unknown)?;
            let [agents, clients, authorizations] = numbers;
            let new = SubscriptionTier {
                max_agents: agents.unwrap_or(old.max_agents),
                max_clients: clients.unwrap_or(old.max_clients),
                max_oauth_per_period: authorizations.unwrap_or(old.max_oauth_per_period),
                price: price.unwrap_or(old.price),
                tier: old.tier,
            };
            subscription_tiers::update(tx, &new)?;
            Ok(new)
        });
        let tier = set.await.map_err(Failure::from)?;
        output.print(&format!("{} is changed; it holds from now on", tier.tier), &shown(&tier));
        Ok(())
    }
}

fn shown(tier: &SubscriptionTier) -> Value {
    json!({
        "tier": tier.tier, "max_agents": tier.max_agents, "max_clients": tier.max_clients,
        "max_oauth_per_period": tier.max_oauth_per_period, "price": tier.price,
    })
}
