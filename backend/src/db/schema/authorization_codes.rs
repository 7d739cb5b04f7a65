//! `authorization_codes`: codes bound to their PKCE challenges. A used code is remembered as long as what
//! it was redeemed for lives, so that a second use ends that.

use crate::db::{Error, Tx, params};
use crate::id::{AgentId, OverseerId, Owner, TokenId};

super::row! {
    /// A code, redeemed or not.
    AuthorizationCode of "authorization_codes" {
        /// SHA-256 of the code, base64url.
        id: String,
        /// Who authorized.
        agent_id: AgentId,
        /// Whom.
        client_id: String,
        /// PKCE, S256.
        code_challenge: String,
        /// Space-separated.
        scopes: String,
        /// For an id token.
        nonce: Option<String>,
        /// Unix seconds. Once used: until when it is remembered.
        expires_at: i64,
        /// Redeemed, or ended.
        used: bool,
        /// Unix seconds.
        created_at: i64,
        /// Where the agent was sent back to.
        redirect_uri: Option<String>,
        /// The audience, space-separated.
        resource: Option<String>,
        /// Only this DPoP key may redeem it.
        dpop_jkt: Option<String>,
        /// What it was redeemed for.
        family_id: Option<TokenId>,
        /// When the agent, or its overseer, signed in, Unix seconds.
        auth_time: Option<i64>,
        /// How, space-separated (RFC 8176).
        amr: Option<String>,
        /// The overseer who signed in and picked the agent.
        actor_id: Option<OverseerId>,
    }
}

/// How long a code can be redeemed, in seconds.
pub const LIFETIME: i64 = 60;

/// The code with this hash.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<AuthorizationCode>, Error> {
    AuthorizationCode::one(tx, "WHERE id = $1", params![id])
}

/// Stores a new code.
pub fn insert(tx: &mut Tx<'_>, code: &AuthorizationCode) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO authorization_codes
             (id, agent_id, client_id, code_challenge, code_challenge_method, scopes, nonce, expires_at, used,
              created_at, redirect_uri, resource, dpop_jkt, auth_time, amr, actor_id)
         VALUES ($1, $2, $3, $4, 'S256', $5, $6, $7, FALSE, $8, $9, $10, $11, $12, $13, $14)",
        params![
            &code.id,
            &code.agent_id,
            &code.client_id,
            &code.code_challenge,
            &code.scopes,
            code.nonce.as_deref(),
            code.expires_at,
            code.created_at,
            code.redirect_uri.as_deref(),
            code.resource.as_deref(),
            code.dpop_jkt.as_deref(),
            code.auth_time,
            code.amr.as_deref(),
            code.actor_id.as_ref().map(OverseerId::as_str)
        ],
    )?;
    Ok(())
}

/// Redeems a code for a family, and remembers it until `keep_until`. False when it was used before or has
/// expired: exactly one caller gets true.
pub fn redeem(tx: &mut Tx<'_>, id: &str, family_id: &TokenId, keep_until: i64, now: i64) -> Result<bool, Error> {
    let sql = "UPDATE authorization_codes SET used = TRUE, family_id = $2, expires_at = $3
               WHERE id = $1 AND used = FALSE AND expires_at > $4";
    Ok(tx.execute(sql, params![id, family_id, keep_until, now])? == 1)
}

/// Ends the agent's unredeemed codes; how many were live.
pub fn end_of_agent(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<i64, Error> {
    let sql = "UPDATE authorization_codes SET used = TRUE WHERE agent_id = $1 AND used = FALSE AND expires_at > $2";
    Ok(i64::try_from(tx.execute(sql, params![agent_id, now])?).unwrap_or(i64::MAX))
}

/// Ends the unredeemed codes of the clients that an agent owns; how many were live.
pub fn end_of_clients_of(tx: &mut Tx<'_>, owner_id: &AgentId, now: i64) -> Result<i64, Error> {
    let sql = "UPDATE authorization_codes SET used = TRUE
               WHERE client_id IN (SELECT id FROM oauth_clients WHERE owner_type = 'agent' AND owner_id = $1)
                 AND used = FALSE AND expires_at > $2";
    Ok(i64::try_from(tx.execute(sql, params![owner_id, now])?).unwrap_or(i64::MAX))
}

/// Ends the unredeemed codes that an overseer has authorized.
pub fn end_of_actor(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<(), Error> {
    let sql = "UPDATE authorization_codes SET used = TRUE
               WHERE agent_id IN (SELECT agent_id FROM oversights WHERE overseer_id = $1)
                 AND actor_id = $1 AND used = FALSE";
    tx.execute(sql, params![overseer_id])?;
    Ok(())
}

/// Ends the unredeemed codes of one client for one agent.
pub fn end_of_pair(tx: &mut Tx<'_>, agent_id: &AgentId, client_id: &str, now: i64) -> Result<(), Error> {
    let sql = "UPDATE authorization_codes SET used = TRUE
               WHERE agent_id = $1 AND client_id = $2 AND used = FALSE AND expires_at > $3";
    tx.execute(sql, params![agent_id, client_id, now])?;
    Ok(())
}

/// Ends the unredeemed codes of one client.
pub fn end_of_client(tx: &mut Tx<'_>, client_id: &str) -> Result<(), Error> {
    tx.execute("UPDATE authorization_codes SET used = TRUE WHERE client_id = $1 AND used = FALSE", params![client_id])?;
    Ok(())
}

/// Deletes the codes of one client: it goes, and no foreign key reaches them.
pub fn delete_of_client(tx: &mut Tx<'_>, client_id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM authorization_codes WHERE client_id = $1", params![client_id])?;
    Ok(())
}

/// Deletes the codes of an owner's clients: they go, and no foreign key reaches them.
pub fn delete_of_clients_of(tx: &mut Tx<'_>, owner: &Owner) -> Result<(), Error> {
    let sql = "DELETE FROM authorization_codes WHERE client_id IN
               (SELECT id FROM oauth_clients WHERE owner_type = $1 AND owner_id = $2)";
    tx.execute(sql, params![owner.owner_type(), owner.id()])?;
    Ok(())
}

/// Deletes a batch of codes; how many it was. One whose family lives on is remembered longer instead.
pub fn purge(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<u64, Error> {
    let due = "SELECT id FROM authorization_codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
    let lives_on = "EXISTS (SELECT 1 FROM access_tokens t
                            WHERE t.agent_id = authorization_codes.agent_id
                              AND t.family_id = authorization_codes.family_id AND t.keep_until > $1
                              AND t.revoked = FALSE)";
    let keeping = format!(
        "UPDATE authorization_codes
         SET expires_at = (SELECT MAX(t.keep_until) FROM access_tokens t
                           WHERE t.agent_id = authorization_codes.agent_id
                             AND t.family_id = authorization_codes.family_id)
         WHERE id IN ({due}) AND family_id IS NOT NULL AND {lives_on}"
    );
    let kept = tx.execute(&keeping, params![now, limit])?;
    // Where some were kept, others that nobody has looked at yet have taken their places in the batch.
    let deleting =
        format!("DELETE FROM authorization_codes WHERE id IN ({due}) AND (family_id IS NULL OR NOT {lives_on})");
    // A batch that was kept in part is a full one nevertheless: there may be more behind it.
    Ok(kept + tx.execute(&deleting, params![now, limit])?)
}
