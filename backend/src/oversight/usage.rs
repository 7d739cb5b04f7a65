//! What an overseer uses of what their tier allows.

use crate::billing::tiers;
use crate::clock;
use crate::db::Tx;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::db::schema::{oauth_clients, oversights};
use crate::id::OverseerId;
use crate::refusal::{Code, Refusal};

/// Something that a tier limits.
pub struct Used {
    /// How many there are.
    pub used: i64,
    /// How many there may be; `None`: as many as one likes.
    pub limit: Option<i64>,
}

/// What an overseer uses.
pub struct Usage {
    /// The tier.
    pub tier: SubscriptionTier,
    /// Agents that they answer for.
    pub agents: Used,
    /// Clients of theirs and of these agents together.
    pub clients: Used,
    /// Authorizations of these agents in the current periods together. The limit is for each agent.
    pub authorizations: i64,
    /// How many authorizations each agent may make in a period.
    pub authorizations_limit: Option<i64>,
}

/// What the overseer uses now.
pub fn of(tx: &mut Tx<'_>, overseer_id: &OverseerId, default_tier: &str, now: i64) -> Result<Usage, Refusal> {
    let tier = subscription_tiers::find(tx, default_tier)?.ok_or(Code::Internal)?;
    let (agents, clients) = (tiers::agents_limit(tx, default_tier)?, tiers::clients_limit(tx, default_tier)?);
    Ok(Usage {
        agents: Used { used: oversights::count(tx, overseer_id)?, limit: agents.at_most() },
        clients: Used { used: oauth_clients::count_of_overseer(tx, overseer_id)?, limit: clients.at_most() },
        authorizations: agents::authorizations_of_overseer(tx, overseer_id, now)?,
        authorizations_limit: tiers::authorizations_limit(tx, default_tier)?.at_most(),
        tier,
    })
}

/// An agent's authorizations in the current period, and when it ends. One that is over counts nothing any more.
pub fn of_agent(agent: &Agent, now: i64) -> (i64, i64) {
    match agent.billing_period_end <= now {
        true => (0, clock::next_month(now)),
        false => (agent.oauth_count, agent.billing_period_end),
    }
}
