//! Blocks: an overseer forbids a client for one agent.

use crate::db::Tx;
use crate::db::schema::access_tokens::{self, Ended, Which};
use crate::db::schema::client_blocks::{self, ClientBlock};
use crate::db::schema::{authorization_codes, logout_notices, oauth_clients};
use crate::id::{AgentId, ClientId, OverseerId};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::oversight::access;
use crate::refusal::{Code, Refusal};

/// Blocks the client, and ends what it holds for the agent for good.
pub fn block(tx: &mut Tx<'_>, block: &ClientBlock, from: &CalledFrom) -> Result<(), Refusal> {
    access::must_oversee(tx, &block.overseer_id, &block.agent_id)?;
    if !oauth_clients::exists(tx, &block.client_id)? {
        return Err(Code::ClientNotFound.into());
    }
    client_blocks::insert(tx, block)?;
    end_what_it_holds(tx, &block.agent_id, block.client_id.as_str(), block.created_at)?;
    let about = About { agent_id: Some(&block.agent_id), client_id: Some(block.client_id.as_str()) };
    Ok(from.note(tx, &block.overseer_id, Kind::Blocked, about)?)
}

/// Allows new authorizations again; what was ended stays ended.
pub fn unblock(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    agent_id: &AgentId,
    client_id: &ClientId,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    access::must_oversee(tx, overseer_id, agent_id)?;
    if !client_blocks::delete(tx, agent_id, client_id)? {
        return Err(Code::BlockNotFound.into());
    }
    let about = About { agent_id: Some(agent_id), client_id: Some(client_id.as_str()) };
    Ok(from.note(tx, overseer_id, Kind::Unblocked, about)?)
}

/// What is blocked for the agent.
pub fn list(tx: &mut Tx<'_>, overseer_id: &OverseerId, agent_id: &AgentId) -> Result<Vec<ClientBlock>, Refusal> {
    access::must_oversee(tx, overseer_id, agent_id)?;
    Ok(client_blocks::of_agent(tx, agent_id)?)
}

/// Ends what the client holds for the agent, without blocking it; what was live.
pub fn end_tokens(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    agent_id: &AgentId,
    client_id: &str,
    from: &CalledFrom,
) -> Result<Ended, Refusal> {
    access::must_oversee(tx, overseer_id, agent_id)?;
    let about = About { agent_id: Some(agent_id), client_id: Some(client_id) };
    from.note(tx, overseer_id, Kind::TokensEnded, about)?;
    end_what_it_holds(tx, agent_id, client_id, from.now())
}

fn end_what_it_holds(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &str, now: i64) -> Result<Ended, Refusal> {
    logout_notices::of_pair(tx, agent_id, client_id, now)?;
    authorization_codes::end_of_pair(tx, agent_id, client_id, now)?;
    Ok(access_tokens::revoke(tx, Which::OfPair(agent_id, client_id), now)?)
}
