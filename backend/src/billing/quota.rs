//! How many authorizations an agent has left.

use super::tiers::Plan;
use crate::db::schema::agents;
use crate::db::{Error, Tx};
use crate::id::AgentId;

/// What an agent may still do in the current period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quota {
    /// Authorizations in a period.
    pub limit: i64,
    /// Of them, those that are left.
    pub left: i64,
    /// Seconds until the next period.
    pub resets_in: i64,
}

impl Quota {
    /// What is left; `None` where there is no limit.
    pub fn of(tx: &mut Tx<'_>, agent_id: &AgentId, plan: &Plan, now: i64) -> Result<Option<Self>, Error> {
        let Some(limit) = plan.authorizations().at_most() else { return Ok(None) };
        let used = agents::find(tx, agent_id)?.map_or(0, |agent| plan.used(&agent));
        Ok(Some(Self { limit, left: (limit - used).max(0), resets_in: (plan.period_end - now).max(0) }))
    }
}
