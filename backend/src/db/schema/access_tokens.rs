//! `access_tokens`: issued tokens, one row for an access token and the refresh token issued with it.
//!
//! What came from one authorization is a family and ends together. `family_id` is NULL for an agent's own
//! token and set for whatever a client holds, also for its own: that is what the indexes rest on.

use crate::db::{Error, Row, Tx, Value, params};
use crate::id::{AgentId, OverseerId, Owner, TokenId};

super::row! {
    /// An issued token.
    AccessToken of "access_tokens" {
        /// The access token's `jti`.
        id: TokenId,
        /// Whose it is; `None` for a client's own.
        agent_id: Option<AgentId>,
        /// To whom it was issued; the agent's own id for its own token.
        client_id: String,
        /// Space-separated.
        scopes: String,
        /// SHA-256 of the access token, base64url.
        access_token_hash: String,
        /// SHA-256 of the refresh token's secret, base64url.
        refresh_token_hash: Option<String>,
        /// The access token's, Unix seconds.
        expires_at: i64,
        /// Unix seconds.
        created_at: i64,
        /// Both tokens ended before their expiry.
        revoked: bool,
        /// The audience, space-separated.
        resource: Option<String>,
        /// The first token of the family.
        family_id: Option<TokenId>,
        /// When the family ends at the latest, Unix seconds.
        family_expires_at: Option<i64>,
        /// The refresh token's, Unix seconds.
        refresh_expires_at: Option<i64>,
        /// When the refresh token was rotated, Unix seconds.
        refresh_used_at: Option<i64>,
        /// What a refresh may ask for, space-separated.
        granted_scopes: Option<String>,
        /// For which audience a refresh may ask, space-separated.
        granted_resource: Option<String>,
        /// The thumbprint of the DPoP key that the access token is bound to.
        jkt: Option<String>,
        /// The later expiry of the two, Unix seconds.
        keep_until: Option<i64>,
        /// When the agent, or its overseer, signed in, Unix seconds.
        auth_time: Option<i64>,
        /// How, space-separated (RFC 8176).
        amr: Option<String>,
        /// The overseer who signed in and picked the agent.
        actor_id: Option<OverseerId>,
    }
}

const DAY: i64 = 24 * 60 * 60;

/// What was live when it was ended.
#[derive(Clone, Copy, Default)]
pub struct Ended {
    /// Access tokens that had not expired.
    pub access_tokens: i64,
    /// Refresh tokens that had not been used or expired.
    pub refresh_tokens: i64,
    /// The last expiry of an access token that has not expired, Unix seconds: until then an offline verifier may be
    /// fooled.
    pub last_expiry: Option<i64>,
}

/// Which tokens to end. Each is found by an index.
#[derive(Clone, Copy)]
pub enum Which<'a> {
    /// This one, which is in no family with others.
    One(&'a TokenId),
    /// A family, by the agent that began it and its id.
    Family(&'a AgentId, &'a TokenId),
    /// An agent's, whoever holds them.
    OfAgent(&'a AgentId),
    /// What one holder has for an agent; the agent's own id for its own tokens.
    OfPair(&'a AgentId, &'a str),
    /// Whatever a client holds.
    OfClient(&'a str),
    /// Whatever the clients of this owner hold.
    OfClientsOf(&'a Owner),
    /// What this overseer has authorized for the agents that they answer for, or did.
    OfActor(&'a OverseerId),
}

/// The token with this `jti`.
pub fn find(tx: &mut Tx<'_>, id: &TokenId) -> Result<Option<AccessToken>, Error> {
    AccessToken::one(tx, "WHERE id = $1", params![id])
}

/// Somebody who holds live tokens of an agent's.
pub struct Holder {
    /// The client; the agent's own id for its own tokens.
    pub client_id: String,
    /// What it is called.
    pub client_name: Option<String>,
    /// Access tokens that have not expired.
    pub access_tokens: i64,
    /// Refresh tokens that were not used and have not expired.
    pub refresh_tokens: i64,
    /// Until when it can go on, Unix seconds.
    pub until: i64,
}

/// How many rows of an agent's are looked at for who holds them, at most: the agent makes them, and must not make this slow.
pub const LOOKED_AT: i64 = 10_000;

/// Who holds live tokens of the agent's, by id; among its latest rows.
pub fn holders(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<Vec<Holder>, Error> {
    let columns = "client_id, expires_at, refresh_expires_at, refresh_used_at, revoked";
    let sql = format!(
        "SELECT t.client_id, (SELECT c.name FROM oauth_clients c WHERE c.id = t.client_id),
                CAST(SUM(CASE WHEN t.expires_at > $2 THEN 1 ELSE 0 END) AS BIGINT),
                CAST(SUM(CASE WHEN t.refresh_expires_at > $2 AND t.refresh_used_at IS NULL THEN 1 ELSE 0 END) AS BIGINT),
                MAX(CASE WHEN t.refresh_expires_at > $2 AND t.refresh_used_at IS NULL THEN t.refresh_expires_at
                         ELSE t.expires_at END)
         FROM (SELECT * FROM (SELECT {columns} FROM access_tokens
                              WHERE agent_id = $1 AND family_id IS NOT NULL ORDER BY family_id DESC LIMIT $3) of_clients
               UNION ALL
               SELECT * FROM (SELECT {columns} FROM access_tokens
                              WHERE agent_id = $1 AND family_id IS NULL LIMIT $3) own) t
         WHERE t.revoked = FALSE
           AND (t.expires_at > $2 OR (t.refresh_expires_at > $2 AND t.refresh_used_at IS NULL))
         GROUP BY t.client_id ORDER BY t.client_id"
    );
    let rows = tx.query_all(&sql, params![agent_id, now, LOOKED_AT])?;
    let holder = |row: &Row| {
        let (client_id, client_name) = (row.get(0)?, row.get(1)?);
        let (access_tokens, refresh_tokens) = (row.get(2)?, row.get(3)?);
        Ok(Holder { client_id, client_name, access_tokens, refresh_tokens, until: row.get(4)? })
    };
    rows.iter().map(holder).collect()
}

/// Stores an issued token.
pub fn insert(tx: &mut Tx<'_>, token: &AccessToken) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO access_tokens
             (id, agent_id, client_id, scopes, access_token_hash, refresh_token_hash, expires_at, created_at, revoked,
              resource, family_id, family_expires_at, refresh_expires_at, granted_scopes, granted_resource, jkt,
              keep_until, auth_time, amr, actor_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        params![
            &token.id,
            token.agent_id.as_ref().map(AgentId::as_str),
            &token.client_id,
            &token.scopes,
            &token.access_token_hash,
            token.refresh_token_hash.as_deref(),
            token.expires_at,
            token.created_at,
            token.resource.as_deref(),
            token.family_id.as_ref().map(TokenId::as_str),
            token.family_expires_at,
            token.refresh_expires_at,
            token.granted_scopes.as_deref(),
            token.granted_resource.as_deref(),
            token.jkt.as_deref(),
            token.keep_until,
            token.auth_time,
            token.amr.as_deref(),
            token.actor_id.as_ref().map(OverseerId::as_str)
        ],
    )?;
    Ok(())
}

/// Rotates a refresh token away. False when it was rotated before or is revoked: exactly one caller gets true.
pub fn use_refresh_token(tx: &mut Tx<'_>, id: &TokenId, now: i64) -> Result<bool, Error> {
    let sql = "UPDATE access_tokens SET refresh_used_at = $2
               WHERE id = $1 AND refresh_token_hash IS NOT NULL AND refresh_used_at IS NULL AND revoked = FALSE
                 AND refresh_expires_at > $2";
    Ok(tx.execute(sql, params![id, now])? == 1)
}

/// A refresh token that is kept is used: it lives on for `idle` seconds, as long as its family does. False when it is not
/// live. A life that grows by little is not written.
pub fn keep_refresh_token(tx: &mut Tx<'_>, id: &TokenId, idle: i64, now: i64) -> Result<bool, Error> {
    let is_live = |row: &AccessToken| row.refresh_token_hash.is_some() && row.refresh_used_at.is_none() && !row.revoked;
    let Some(row) = find(tx, id)?.filter(is_live) else { return Ok(false) };
    let Some(expires_at) = row.refresh_expires_at.filter(|&expires_at| expires_at > now) else { return Ok(false) };
    let end = row.family_expires_at.unwrap_or(expires_at);
    let until = (now + idle).min(end);
    if until < expires_at + (idle / 10).min(DAY) && (until < end || until <= expires_at) {
        return Ok(true);
    }
    let sql = "UPDATE access_tokens SET refresh_expires_at = $2, keep_until = $2
               WHERE id = $1 AND refresh_token_hash IS NOT NULL AND refresh_used_at IS NULL AND revoked = FALSE
                 AND refresh_expires_at > $3";
    Ok(tx.execute(sql, params![id, until, now])? == 1)
}

/// Ends them: first the list that offline verifiers pull, then the rows, so that a reader never sees a token
/// that is marked but not listed.
pub fn revoke(tx: &mut Tx<'_>, which: Which<'_>, now: i64) -> Result<Ended, Error> {
    let (condition, values) = which.condition();
    let parameters = [&[Value::from(now)], values.as_slice()].concat();
    // A token that was revoked before fools an offline verifier no less.
    let counting = format!(
        "SELECT CAST(COALESCE(SUM(CASE WHEN revoked = FALSE AND expires_at > $1 THEN 1 ELSE 0 END), 0) AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN revoked = FALSE AND refresh_expires_at > $1 AND refresh_used_at IS NULL
                                       THEN 1 ELSE 0 END), 0) AS BIGINT),
                MAX(CASE WHEN expires_at > $1 THEN expires_at ELSE NULL END)
         FROM access_tokens WHERE {condition}"
    );
    let row = tx.query_one(&counting, &parameters)?;
    let listing = format!(
        "INSERT INTO revoked_tokens (id, jti, token_type, expires_at, created_at)
         SELECT id, id, 'access', expires_at, $1 FROM access_tokens
         WHERE {condition} AND revoked = FALSE AND expires_at > $1 ON CONFLICT (jti) DO NOTHING"
    );
    tx.execute(&listing, &parameters)?;
    let marking =
        format!("UPDATE access_tokens SET revoked = TRUE WHERE {condition} AND revoked = FALSE AND keep_until > $1");
    tx.execute(&marking, &parameters)?;
    Ok(Ended { access_tokens: row.get(0)?, refresh_tokens: row.get(1)?, last_expiry: row.get(2)? })
}

impl<'a> Which<'a> {
    /// The condition, whose values are `$2` and on.
    fn condition(self) -> (&'static str, Vec<Value<'a>>) {
        match self {
            Self::One(id) => ("id = $2", vec![id.into()]),
            Self::Family(agent_id, id) => ("agent_id = $2 AND family_id = $3", vec![agent_id.into(), id.into()]),
            Self::OfAgent(id) => ("agent_id = $2", vec![id.into()]),
            Self::OfPair(agent_id, holder) if holder == agent_id.as_str() => {
                ("agent_id = $2 AND family_id IS NULL", vec![agent_id.into()])
            }
            Self::OfPair(agent_id, holder) => {
                ("agent_id = $2 AND client_id = $3", vec![agent_id.into(), holder.into()])
            }
            Self::OfClient(id) => ("client_id = $2 AND family_id IS NOT NULL", vec![id.into()]),
            Self::OfClientsOf(owner) => (
                "client_id IN (SELECT id FROM oauth_clients WHERE owner_type = $2 AND owner_id = $3)
                 AND family_id IS NOT NULL",
                vec![owner.owner_type().into(), owner.id().into()],
            ),
            Self::OfActor(id) => (
                "agent_id IN (SELECT agent_id FROM oversights WHERE overseer_id = $2) AND actor_id = $2",
                vec![id.into()],
            ),
        }
    }
}

/// Deletes those that are revoked or expired: their client goes, and no foreign key reaches them.
pub fn delete_dead(tx: &mut Tx<'_>, which: Which<'_>, now: i64) -> Result<(), Error> {
    let (condition, values) = which.condition();
    let parameters = [&[Value::from(now)], values.as_slice()].concat();
    let sql = format!("DELETE FROM access_tokens WHERE {condition} AND (revoked = TRUE OR keep_until <= $1)");
    tx.execute(&sql, &parameters)?;
    Ok(())
}

/// Deletes a batch of tokens of which nothing is live any more; how many it was.
pub fn purge(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM access_tokens
               WHERE id IN (SELECT id FROM access_tokens WHERE keep_until <= $1 ORDER BY keep_until LIMIT $2)";
    tx.execute(sql, params![now, limit])
}
