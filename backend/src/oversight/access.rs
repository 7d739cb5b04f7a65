//! Whether an overseer answers for an agent: what every act of oversight begins with.

use crate::db::Tx;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::oversights::{self, Oversight};
use crate::id::{AgentId, OverseerId};
use crate::refusal::{Code, Refusal};

/// The agent and its oversight by just this overseer; refused when there is no such agent, or somebody
/// else or nobody answers for it.
pub fn must_oversee(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    agent_id: &AgentId,
) -> Result<(Agent, Oversight), Refusal> {
    let agent = agents::find(tx, agent_id)?.ok_or(Code::AgentNotFound)?;
    let oversight = oversights::active_pair(tx, overseer_id, agent_id)?.ok_or(Code::NotYourAgent)?;
    Ok((agent, oversight))
}

/// Marks an agent to be let go at the end of the billing period, or takes the mark back.
pub fn mark_for_cancellation(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    agent_id: &AgentId,
    marked: bool,
) -> Result<(), Refusal> {
    must_oversee(tx, overseer_id, agent_id)?;
    oversights::mark(tx, overseer_id, agent_id, marked)?;
    Ok(())
}
