//! Token introspection (RFC 7662): whether a token is good now, and what it says.

use serde_json::{Map, Value, json};

use crate::db::schema::access_tokens;
use crate::db::schema::agents;
use crate::db::{Error, Tx};
use crate::id::TokenId;
use crate::secret::TokenHash;

/// Whether the token is live in the database and was issued to `caller`: it is told to nobody else
/// (section 4).
pub fn is_active(tx: &mut Tx<'_>, id: &TokenId, token: &TokenHash, caller: &str, now: i64) -> Result<bool, Error> {
    let Some(row) = access_tokens::find(tx, id)? else { return Ok(false) };
    if row.revoked || row.expires_at <= now || row.client_id != caller || !token.matches(&row.access_token_hash) {
        return Ok(false);
    }
    let Some(agent_id) = &row.agent_id else { return Ok(true) };
    Ok(agents::find(tx, agent_id)?.is_some_and(|agent| agent.stopped_at.is_none()))
}

/// The answer for a live token (section 2.2).
pub fn active(claims: Map<String, Value>) -> Value {
    let mut answer = claims;
    answer.insert("active".into(), json!(true));
    answer.insert("token_type".into(), json!("Bearer"));
    Value::Object(answer)
}

/// The answer for everything else: exactly this, so that nothing is learned from it.
pub fn inactive() -> Value {
    json!({ "active": false })
}
