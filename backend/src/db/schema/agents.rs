//! `agents`: a registered agent and its Ed25519 public key.

use crate::crypto::ed25519::PublicKey;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::{Error, Tx, params};
use crate::id::{AgentId, OverseerId};

super::row! {
    /// A registered agent.
    Agent of "agents" {
        /// UUIDv7.
        id: AgentId,
        /// 1 to 100 characters, any script.
        name: String,
        /// The key that the agent is.
        public_key: PublicKey,
        /// At most 500 characters.
        description: Option<String>,
        /// Unix seconds.
        created_at: i64,
        /// Unix seconds.
        updated_at: i64,
        /// Authorizations in the current period.
        oauth_count: i64,
        /// When the current period ends, Unix seconds.
        billing_period_end: i64,
        /// Set while the agent may do nothing, Unix seconds.
        stopped_at: Option<i64>,
        /// Who stopped it: an overseer's id, or `operator`.
        stopped_by: Option<String>,
    }
}

/// How far apart clocks of nodes may be, in seconds.
const CLOCKS_DIFFER: i64 = 300;

/// `stopped_by` of a stop by command line.
pub const OPERATOR: &str = "operator";

/// The agent with this id.
pub fn find(tx: &mut Tx<'_>, id: &AgentId) -> Result<Option<Agent>, Error> {
    Agent::one(tx, "WHERE id = $1", params![id])
}

/// The agent that is this key.
pub fn find_by_key(tx: &mut Tx<'_>, key: &PublicKey) -> Result<Option<Agent>, Error> {
    Agent::one(tx, "WHERE public_key = $1", params![&key.to_base64url()])
}

/// How an agent stands to a client at this moment.
#[derive(Clone)]
pub struct Standing {
    /// It is not stopped.
    pub is_free: bool,
    /// Who answers for it.
    pub overseer_id: Option<OverseerId>,
    /// Its overseer forbids the client.
    pub is_blocked: bool,
    /// The key that the agent is.
    pub public_key: PublicKey,
}

/// How the agent stands to a client, in one look; `None` when there is no such agent.
pub fn standing(tx: &mut Tx<'_>, id: &AgentId, client_id: &str) -> Result<Option<Standing>, Error> {
    let sql = "SELECT stopped_at IS NULL,
                      (SELECT o.overseer_id FROM oversights o WHERE o.agent_id = agents.id AND o.active = TRUE),
                      EXISTS (SELECT 1 FROM client_blocks b WHERE b.agent_id = agents.id AND b.client_id = $2),
                      public_key
               FROM agents WHERE id = $1";
    let Some(row) = tx.query_opt(sql, params![id, client_id])? else { return Ok(None) };
    let (is_free, overseer_id) = (row.get(0)?, row.get(1)?);
    Ok(Some(Standing { is_free, overseer_id, is_blocked: row.get(2)?, public_key: row.get(3)? }))
}

/// What may be told of an agent.
pub struct Described {
    /// Its name.
    pub name: String,
    /// How it describes itself.
    pub description: Option<String>,
    /// It is not stopped.
    pub is_free: bool,
    /// What the client that is told wants it signed with; `None`: as JSON.
    pub signed_with: Option<SigningAlgorithm>,
}

/// What a client may be told of the agent, in one look; `None` when there is no such agent.
pub fn described(tx: &mut Tx<'_>, id: &AgentId, client_id: &str) -> Result<Option<Described>, Error> {
    let sql = "SELECT name, description, stopped_at IS NULL,
                      (SELECT c.userinfo_signed_response_alg FROM oauth_clients c WHERE c.id = $2)
               FROM agents WHERE id = $1";
    let Some(row) = tx.query_opt(sql, params![id, client_id])? else { return Ok(None) };
    let (name, description) = (row.get(0)?, row.get(1)?);
    Ok(Some(Described { name, description, is_free: row.get(2)?, signed_with: row.get(3)? }))
}

/// Whether the agent is there and not stopped.
pub fn is_free(tx: &mut Tx<'_>, id: &AgentId) -> Result<bool, Error> {
    let row = tx.query_opt("SELECT stopped_at IS NULL FROM agents WHERE id = $1", params![id])?;
    row.map_or(Ok(false), |row| row.get(0))
}

/// Agents by id, for the operator's list; `after` is the last id of the page before.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Agent>, Error> {
    Agent::all(tx, "WHERE id > $1 ORDER BY id LIMIT $2", params![after, limit])
}

/// The agents that this overseer answers for now.
pub fn of_overseer(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<Vec<Agent>, Error> {
    let clause = "WHERE id IN (SELECT agent_id FROM oversights WHERE overseer_id = $1 AND active = TRUE) ORDER BY id";
    Agent::all(tx, clause, params![overseer_id])
}

/// How many authorizations the agents of this overseer have made in the period that ends then.
pub fn authorizations_of_overseer(tx: &mut Tx<'_>, overseer_id: &OverseerId, period_end: i64) -> Result<i64, Error> {
    let sql = "SELECT CAST(COALESCE(SUM(oauth_count), 0) AS BIGINT) FROM agents
               WHERE id IN (SELECT agent_id FROM oversights WHERE overseer_id = $1 AND active = TRUE)
                 AND billing_period_end = $2";
    tx.query_one(sql, params![overseer_id, period_end])?.get(0)
}

/// False when the key belongs to an agent, or did once; nothing is written then.
pub fn insert(tx: &mut Tx<'_>, agent: &Agent) -> Result<bool, Error> {
    let key = agent.public_key.to_base64url();
    let rows = tx.execute(
        "INSERT INTO agents (id, name, public_key, description, created_at, updated_at, oauth_count, billing_period_end)
         SELECT $1, $2, $3, $4, $5, $5, 0, $6
         WHERE NOT EXISTS (SELECT 1 FROM retired_keys WHERE public_key = $3)
         ON CONFLICT (public_key) DO NOTHING",
        params![
            &agent.id,
            &agent.name,
            &key,
            agent.description.as_deref(),
            agent.created_at,
            agent.billing_period_end
        ],
    )?;
    Ok(rows == 1)
}

/// Whether the key belongs to an agent, or did once.
pub fn is_key_taken(tx: &mut Tx<'_>, key: &PublicKey) -> Result<bool, Error> {
    let key = key.to_base64url();
    let row = tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM agents WHERE public_key = $1)
             OR EXISTS (SELECT 1 FROM retired_keys WHERE public_key = $1)",
        params![&key],
    )?;
    row.get(0)
}

/// Changes the profile.
pub fn update_profile(
    tx: &mut Tx<'_>,
    id: &AgentId,
    name: &str,
    description: Option<&str>,
    now: i64,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE agents SET name = $2, description = $3, updated_at = $4 WHERE id = $1",
        params![id, name, description, now],
    )?;
    Ok(())
}

/// Puts a new key in the place of the old one. False when the old key is no longer current, or the new
/// one belongs to an agent or did once.
pub fn replace_key(
    tx: &mut Tx<'_>,
    id: &AgentId,
    old_key: &PublicKey,
    new_key: &PublicKey,
    now: i64,
) -> Result<bool, Error> {
    let (old_key, new_key) = (old_key.to_base64url(), new_key.to_base64url());
    let rows = tx.execute(
        "UPDATE agents SET public_key = $3, updated_at = $4
         WHERE id = $1 AND public_key = $2
           AND NOT EXISTS (SELECT 1 FROM agents WHERE public_key = $3)
           AND NOT EXISTS (SELECT 1 FROM retired_keys WHERE public_key = $3)",
        params![id, &old_key, &new_key, now],
    )?;
    Ok(rows == 1)
}

/// Counts one authorization more in the period that ends at `period_end`; where another was counted before, this one begins.
/// False when that would pass `limit` (`None`: no limit): of racing requests exactly as many get true as there is room for.
///
/// A period that is about to end does not begin again: nodes whose clocks differ see the next one begin at different times.
pub fn count_authorization(
    tx: &mut Tx<'_>,
    id: &AgentId,
    limit: Option<i64>,
    period_end: i64,
    now: i64,
) -> Result<bool, Error> {
    let is_over = period_end - now < CLOCKS_DIFFER;
    let sql = "UPDATE agents
               SET oauth_count = CASE WHEN billing_period_end = $2 OR (billing_period_end > $2 AND $4 = TRUE)
                                      THEN oauth_count + 1 ELSE 1 END,
                   billing_period_end = CASE WHEN billing_period_end > $2 AND $4 = TRUE
                                             THEN billing_period_end ELSE $2 END
               WHERE id = $1 AND CASE WHEN billing_period_end = $2 OR (billing_period_end > $2 AND $4 = TRUE)
                                      THEN oauth_count ELSE 0 END < $3";
    Ok(tx.execute(sql, params![id, period_end, limit.unwrap_or(i64::MAX), is_over])? == 1)
}

/// Stops the agent. False when it was stopped already; that stop stays as it is.
pub fn stop(tx: &mut Tx<'_>, id: &AgentId, by: &str, now: i64) -> Result<bool, Error> {
    let sql = "UPDATE agents SET stopped_at = $3, stopped_by = $2 WHERE id = $1 AND stopped_at IS NULL";
    Ok(tx.execute(sql, params![id, by, now])? == 1)
}

/// Lets the agent act again.
pub fn resume(tx: &mut Tx<'_>, id: &AgentId) -> Result<(), Error> {
    tx.execute("UPDATE agents SET stopped_at = NULL, stopped_by = NULL WHERE id = $1", params![id])?;
    Ok(())
}

/// Locks the agent's row until the transaction ends, as `overseers::lock` does an overseer's. False when there is
/// no such agent.
pub fn lock(tx: &mut Tx<'_>, id: &AgentId) -> Result<bool, Error> {
    Ok(tx.execute("UPDATE agents SET updated_at = updated_at WHERE id = $1", params![id])? == 1)
}

/// Deletes the agent and, by foreign keys, its oversights, history, blocks, codes and tokens.
pub fn delete(tx: &mut Tx<'_>, id: &AgentId) -> Result<(), Error> {
    tx.execute("DELETE FROM agents WHERE id = $1", params![id])?;
    Ok(())
}
