//! Agents: their profiles and their end.

use crate::clock;
use crate::crypto::ed25519::PublicKey;
use crate::db::Tx;
use crate::db::schema::access_tokens::{self, Which};
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::{
    authorization_codes, challenges, interactions, logout_notices, oauth_clients, overseers, resource_owners, sessions,
};
use crate::id::{AgentId, Owner};
use crate::identity::fields::{Description, Name};
use crate::identity::security_log::{CalledFrom, Kind};
use crate::refusal::{Code, Refusal};

/// Ends and deletes the clients of an owner who goes.
pub fn delete_clients_of(tx: &mut Tx<'_>, owner: &Owner, now: i64) -> Result<(), Refusal> {
    access_tokens::revoke(tx, Which::OfClientsOf(owner), now)?;
    access_tokens::delete_dead(tx, Which::OfClientsOf(owner), now)?;
    authorization_codes::delete_of_clients_of(tx, owner)?;
    oauth_clients::delete_of_owner(tx, owner)?;
    Ok(resource_owners::delete_of_owner(tx, owner)?)
}

/// An agent as it begins.
pub fn new(id: AgentId, name: String, description: Option<String>, public_key: PublicKey, now: i64) -> Agent {
    Agent {
        id,
        name,
        public_key,
        description,
        created_at: now,
        updated_at: now,
        oauth_count: 0,
        billing_period_end: clock::next_month(now),
        stopped_at: None,
        stopped_by: None,
    }
}

/// Refuses an agent that was stopped: it may do nothing until resumed.
pub fn must_be_free(agent: &Agent) -> Result<(), Refusal> {
    match agent.stopped_at {
        None => Ok(()),
        Some(_) => Err(Code::AgentStopped.into()),
    }
}

/// Changes what is given, and returns the agent as it is then.
pub fn update(
    tx: &mut Tx<'_>,
    agent: &Agent,
    name: Option<&str>,
    description: Option<&str>,
    now: i64,
) -> Result<Agent, Refusal> {
    must_be_free(agent)?;
    let name = name.map(Name::parse).transpose()?.map_or_else(|| agent.name.clone(), Name::into_string);
    let description = match description {
        Some(text) => Description::parse(text)?.map(Description::into_string),
        None => agent.description.clone(),
    };
    agents::update_profile(tx, &agent.id, &name, description.as_deref(), now)?;
    Ok(Agent { name, description, updated_at: now, ..agent.clone() })
}

/// Deletes the agent and everything of it, also what no foreign key reaches. The tokens that are live
/// are listed as revoked first, for the list outlives the agent.
pub fn delete(tx: &mut Tx<'_>, agent: &Agent, from: &CalledFrom) -> Result<(), Refusal> {
    must_be_free(agent)?;
    let now = from.now();
    from.note_of_agent(tx, &agent.id, Kind::AgentDeleted)?;
    logout_notices::of_agent(tx, &agent.id, now)?;
    access_tokens::revoke(tx, Which::OfAgent(&agent.id), now)?;
    delete_clients_of(tx, &Owner::Agent(agent.id.clone()), now)?;
    sessions::delete_of(tx, "agent", agent.id.as_str(), now)?;
    interactions::forget_signer(tx, &agent.id)?;
    challenges::delete_of(tx, agent.id.as_str())?;
    // The registration that it began with.
    challenges::delete_of(tx, &agent.public_key.to_base64url())?;
    overseers::delete_shadows_of(tx, &agent.id)?;
    agents::delete(tx, &agent.id)?;
    Ok(())
}
