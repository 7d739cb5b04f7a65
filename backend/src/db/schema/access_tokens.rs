//! `access_tokens`: issued tokens, one row each.

use crate::db::{Error, Tx, Value, params};
use crate::id::{AgentId, TokenId};

super::row! {
    /// An issued access token.
    AccessToken of "access_tokens" {
        /// The token's `jti`.
        id: TokenId,
        /// Whose it is; `None` for a client's own.
        agent_id: Option<AgentId>,
        /// To whom it was issued; the agent's own id for its own token.
        client_id: String,
        /// Space-separated.
        scopes: String,
        /// SHA-256 of the token, base64url.
        access_token_hash: String,
        /// Unix seconds.
        expires_at: i64,
        /// Unix seconds.
        created_at: i64,
        /// Ended before its expiry.
        revoked: bool,
        /// The audience, space-separated.
        resource: Option<String>,
    }
}

/// What was live when it was ended.
#[derive(Clone, Copy, Default)]
pub struct Ended {
    /// Access tokens that had not expired.
    pub access_tokens: i64,
    /// Refresh tokens that had not been used or expired.
    pub refresh_tokens: i64,
    /// The last expiry of a token that has not expired, Unix seconds: until then an offline verifier may be fooled.
    pub last_expiry: Option<i64>,
}

/// The token with this `jti`.
pub fn find(tx: &mut Tx<'_>, id: &TokenId) -> Result<Option<AccessToken>, Error> {
    AccessToken::one(tx, "WHERE id = $1", params![id])
}

/// Stores an issued token.
pub fn insert(tx: &mut Tx<'_>, token: &AccessToken) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO access_tokens
             (id, agent_id, client_id, scopes, access_token_hash, expires_at, created_at, revoked, resource)
         VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE, $8)",
        params![
            &token.id,
            token.agent_id.as_ref().map(AgentId::as_str),
            &token.client_id,
            &token.scopes,
            &token.access_token_hash,
            token.expires_at,
            token.created_at,
            token.resource.as_deref()
        ],
    )?;
    Ok(())
}

/// Ends one token: it is listed as revoked, then marked.
pub fn revoke(tx: &mut Tx<'_>, id: &TokenId, now: i64) -> Result<(), Error> {
    revoke_where(tx, "id = $2", now, params![id])?;
    Ok(())
}

/// Ends every live token of an agent, whoever holds it.
pub fn revoke_of_agent(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<Ended, Error> {
    // A token that was revoked before fools an offline verifier no less.
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN refresh_token_hash IS NULL OR revoked = TRUE THEN 0 ELSE 1 END), 0)
                           AS BIGINT),
                      MAX(expires_at)
               FROM access_tokens WHERE agent_id = $1 AND expires_at > $2";
    let row = tx.query_one(sql, params![agent_id, now])?;
    let access_tokens = revoke_where(tx, "agent_id = $2", now, params![agent_id])?;
    Ok(Ended { access_tokens, refresh_tokens: row.get(0)?, last_expiry: row.get(1)? })
}

/// Ends every live token issued to the clients that an agent owns.
pub fn revoke_of_owner(tx: &mut Tx<'_>, owner_id: &AgentId, now: i64) -> Result<(), Error> {
    let owned = "client_id IN (SELECT id FROM oauth_clients WHERE owner_type = 'agent' AND owner_id = $2)";
    revoke_where(tx, owned, now, params![owner_id])?;
    Ok(())
}

/// Ends every live token that one client holds for one agent; how many access tokens it was.
pub fn revoke_of_pair(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &str, now: i64) -> Result<i64, Error> {
    revoke_where(tx, "agent_id = $2 AND client_id = $3", now, params![agent_id, client_id])
}

/// First the list that offline verifiers pull, then the rows: a reader never sees a token that is marked but
/// not listed. `condition` names its values from `$2` on. How many live tokens it was.
fn revoke_where(tx: &mut Tx<'_>, condition: &str, now: i64, values: &[Value<'_>]) -> Result<i64, Error> {
    let parameters = [&[Value::from(now)], values].concat();
    let listed = tx.execute(
        &format!(
            "INSERT INTO revoked_tokens (id, jti, token_type, expires_at, created_at)
             SELECT id, id, 'access', expires_at, $1 FROM access_tokens
             WHERE {condition} AND revoked = FALSE AND expires_at > $1 ON CONFLICT (jti) DO NOTHING"
        ),
        &parameters,
    )?;
    let marking =
        format!("UPDATE access_tokens SET revoked = TRUE WHERE {condition} AND revoked = FALSE AND expires_at > $1");
    tx.execute(&marking, &parameters)?;
    Ok(i64::try_from(listed).unwrap_or(i64::MAX))
}

/// Deletes the tokens of the clients that an agent owns: the clients go, and no foreign key reaches them.
pub fn delete_of_owner(tx: &mut Tx<'_>, owner_id: &AgentId) -> Result<(), Error> {
    let sql = "DELETE FROM access_tokens WHERE client_id IN
               (SELECT id FROM oauth_clients WHERE owner_type = 'agent' AND owner_id = $1)";
    tx.execute(sql, params![owner_id])?;
    Ok(())
}

/// Deletes a batch of expired tokens; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM access_tokens
               WHERE id IN (SELECT id FROM access_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, params![now, super::BATCH])
}
