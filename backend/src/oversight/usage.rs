//! What an overseer uses of what their tier allows.

use crate::billing::tiers::{Plan, Tiers};
use crate::db::Tx;
use crate::db::schema::agents;
use crate::db::schema::{oauth_clients, oversights};
use crate::id::OverseerId;
use crate::refusal::Refusal;

/// Something that a tier limits.
pub struct Used {
    /// How many there are.
    pub used: i64,
    /// How many there may be; `None`: as many as one likes.
    pub limit: Option<i64>,
}

/// What an overseer uses.
pub struct Usage {
    /// What they have.
    pub plan: Plan,
    /// Agents that they answer for.
    pub agents: Used,
    /// Clients of theirs and of these agents together.
    pub clients: Used,
    /// Authorizations of these agents in the current period together. The limit is for each agent.
    pub authorizations: i64,
    /// How many authorizations each agent may make in a period.
    pub authorizations_limit: Option<i64>,
}

/// What the overseer uses now.
pub fn of(tx: &mut Tx<'_>, overseer_id: &OverseerId, tiers: &Tiers, now: i64) -> Result<Usage, Refusal> {
    let plan = tiers.of_overseer(tx, overseer_id, now)?;
    Ok(Usage {
        agents: Used { used: oversights::count(tx, overseer_id)?, limit: plan.agents().at_most() },
        clients: Used { used: oauth_clients::count_of_overseer(tx, overseer_id)?, limit: plan.clients().at_most() },
        authorizations: agents::authorizations_of_overseer(tx, overseer_id, plan.period_end)?,
        authorizations_limit: plan.authorizations().at_most(),
        plan,
    })
}
