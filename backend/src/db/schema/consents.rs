//! `consents`: what an agent has allowed a client, until withdrawn.

use crate::db::{Error, FromColumn, Tx, Value, params};
use crate::id::{AgentId, ClientId};

super::row! {
    /// A client that an agent has authorized.
    Consent of "consents" {
        /// The agent.
        agent_id: AgentId,
        /// The client.
        client_id: ClientId,
        /// All that was ever allowed, space-separated.
        scopes: String,
        /// Unix seconds.
        created_at: i64,
        /// When it last authorized, Unix seconds.
        updated_at: i64,
        /// What a browser need not ask about again: pairs of an API and the scopes allowed there.
        allowed: Allowed,
    }
}

/// How many APIs a consent remembers; of more, the latest.
const MOST_APIS: usize = 32;

/// Pairs of an API and the space-separated scopes allowed there, kept as a JSON array in a `TEXT`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Allowed(Vec<(String, String)>);

impl Allowed {
    /// The scopes allowed at this API, space-separated.
    pub fn at(&self, api: &str) -> &str {
        self.0.iter().find(|(known, _)| known == api).map_or("", |(_, scopes)| scopes)
    }

    /// Puts the scopes of an API in the place of those before.
    pub fn set(&mut self, api: &str, scopes: String) {
        if self.at(api) == scopes {
            return;
        }
        self.0.retain(|(known, _)| known != api);
        self.0.push((api.to_owned(), scopes));
        let surplus = self.0.len().saturating_sub(MOST_APIS);
        self.0.drain(..surplus);
    }

    fn to_text(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

impl FromColumn for Allowed {
    fn from_column(value: Value<'_>) -> Option<Self> {
        // What can not be read allows nothing.
        if let Value::Text(text) = value { Some(Self(serde_json::from_str(text).unwrap_or_default())) } else { None }
    }
}

/// The consent of one agent for one client.
pub fn find(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &ClientId) -> Result<Option<Consent>, Error> {
    Consent::one(tx, "WHERE agent_id = $1 AND client_id = $2", params![agent_id, client_id])
}

/// All consents of an agent, by client.
pub fn of_agent(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Vec<Consent>, Error> {
    Consent::all(tx, "WHERE agent_id = $1 ORDER BY client_id", params![agent_id])
}

/// Records a consent, in the place of the one before.
pub fn put(tx: &mut Tx<'_>, consent: &Consent) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO consents (agent_id, client_id, scopes, created_at, updated_at, allowed)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (agent_id, client_id) DO UPDATE
         SET scopes = excluded.scopes, updated_at = excluded.updated_at, allowed = excluded.allowed",
        params![
            &consent.agent_id,
            &consent.client_id,
            &consent.scopes,
            consent.created_at,
            consent.updated_at,
            &consent.allowed.to_text()
        ],
    )?;
    Ok(())
}

/// Withdraws it. False when there is none.
pub fn delete(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &ClientId) -> Result<bool, Error> {
    let sql = "DELETE FROM consents WHERE agent_id = $1 AND client_id = $2";
    Ok(tx.execute(sql, params![agent_id, client_id])? == 1)
}
