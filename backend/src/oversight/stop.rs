//! Stop and resume: while an agent is stopped it gets nothing, and what it had is ended.

use crate::db::Tx;
use crate::db::schema::access_tokens::{self, Which};
use crate::db::schema::agents::{self, Agent, OPERATOR};
use crate::db::schema::authorization_codes;
use crate::id::{AgentId, OverseerId, Owner};
use crate::identity::ending::{self, Ended};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::oversight::access;
use crate::refusal::{Code, Refusal};

/// What a stop did.
pub struct Receipt {
    /// Since when the agent is stopped, Unix seconds.
    pub stopped_at: i64,
    /// What was live and is ended.
    pub ended: Ended,
}

/// The overseer stops the agent they answer for.
pub fn by_overseer(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    agent_id: &AgentId,
    from: &CalledFrom,
) -> Result<Receipt, Refusal> {
    let (agent, _) = access::must_oversee(tx, overseer_id, agent_id)?;
    stop(tx, &agent, overseer_id.as_str(), from)
}

/// The operator stops any agent.
pub fn by_operator(tx: &mut Tx<'_>, agent_id: &AgentId, from: &CalledFrom) -> Result<Receipt, Refusal> {
    let agent = agents::find(tx, agent_id)?.ok_or(Code::AgentNotFound)?;
    stop(tx, &agent, OPERATOR, from)
}

/// A second stop leaves the first as it is; an operator's takes the place of an overseer's, so that only
/// an operator can lift it.
fn stop(tx: &mut Tx<'_>, agent: &Agent, by: &str, from: &CalledFrom) -> Result<Receipt, Refusal> {
    let now = from.now();
    let stopped_at = match agent.stopped_at {
        Some(stopped_at) if by == OPERATOR => {
            agents::resume(tx, &agent.id)?;
            agents::stop(tx, &agent.id, by, stopped_at)?;
            stopped_at
        }
        Some(stopped_at) => stopped_at,
        None => {
            agents::stop(tx, &agent.id, by, now)?;
            from.note_of_agent(tx, &agent.id, Kind::Stopped)?;
            now
        }
    };
    let own = ending::end_everything(tx, &agent.id, now)?;
    // An agent must not go on through an application of its own.
    let of_clients = access_tokens::revoke(tx, Which::OfClientsOf(&Owner::Agent(agent.id.clone())), now)?;
    let codes = own.codes + authorization_codes::end_of_clients_of(tx, &agent.id, now)?;
    let ended = Ended {
        codes,
        access_tokens: own.access_tokens + of_clients.access_tokens,
        refresh_tokens: own.refresh_tokens + of_clients.refresh_tokens,
        last_expiry: own.last_expiry.max(of_clients.last_expiry),
        ..own
    };
    Ok(Receipt { stopped_at, ended })
}

/// The overseer who stopped the agent lets it act again, also after letting it go.
pub fn resume_by_overseer(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    agent_id: &AgentId,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    let agent = agents::find(tx, agent_id)?.ok_or(Code::AgentNotFound)?;
    match agent.stopped_by.as_deref() {
        Some(by) if by == overseer_id.as_str() => {
            from.note(tx, overseer_id, Kind::Resumed, About::agent(agent_id))?;
            Ok(agents::resume(tx, agent_id)?)
        }
        Some(_) => Err(Code::StopNotYours.into()),
        // Nothing to lift; said only to those who may know.
        None => access::must_oversee(tx, overseer_id, agent_id).map(|_| ()),
    }
}

/// The operator lets any agent act again.
pub fn resume_by_operator(tx: &mut Tx<'_>, agent_id: &AgentId, from: &CalledFrom) -> Result<(), Refusal> {
    let agent = agents::find(tx, agent_id)?.ok_or(Code::AgentNotFound)?;
    if agent.stopped_at.is_some() {
        from.note_of_agent(tx, agent_id, Kind::Resumed)?;
    }
    Ok(agents::resume(tx, agent_id)?)
}
