//! Consents: what an agent has allowed which client. Withdrawing one ends what the client holds for the agent.

use crate::db::Tx;
use crate::db::schema::access_tokens::{self, Ended, Which};
use crate::db::schema::authorization_codes;
use crate::db::schema::consents::{self, Consent};
use crate::db::schema::{logout_notices, oauth_clients};
use crate::id::{AgentId, ClientId};
use crate::refusal::{Code, Refusal};

/// The agent's consents, each with the client's name.
pub fn list(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Vec<(Consent, String)>, Refusal> {
    let mut named = Vec::new();
    for consent in consents::of_agent(tx, agent_id)? {
        // The foreign key keeps a consent from outliving its client.
        if let Some(client) = oauth_clients::find(tx, &consent.client_id)? {
            named.push((consent, client.name));
        }
    }
    Ok(named)
}

/// Withdraws a consent, and ends the codes and tokens that came from it.
pub fn withdraw(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &ClientId, now: i64) -> Result<Ended, Refusal> {
    logout_notices::of_pair(tx, agent_id, client_id.as_str(), now)?;
    if !consents::delete(tx, agent_id, client_id)? {
        return Err(Code::ConsentNotFound.into());
    }
    authorization_codes::end_of_pair(tx, agent_id, client_id.as_str(), now)?;
    Ok(access_tokens::revoke(tx, Which::OfPair(agent_id, client_id.as_str()), now)?)
}
