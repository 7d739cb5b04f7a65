//! Token introspection (RFC 7662): whether a token is good now, and what it says.

use serde_json::{Map, Value, json};

use crate::db::schema::access_tokens::{self, AccessToken};
use crate::db::schema::agents;
use crate::db::schema::oauth_clients::{AuthMethod, OauthClient};
use crate::db::{Error, Tx};
use crate::oauth::access_token::PresentedToken;
use crate::oauth::authentication::Party;
use crate::oauth::policy::Policy;
use crate::oauth::signing_keys::SigningKeys;
use crate::secret::RefreshToken;

/// A token that somebody asks about.
pub enum Asked {
    /// An access token, as it reads.
    Access(PresentedToken),
    /// A refresh token.
    Refresh(RefreshToken),
}

impl Asked {
    /// What the text can be. The hint of a request is not needed: the two look different.
    pub fn read(token: &str, issuer: &str, keys: &SigningKeys, now: i64) -> Option<Self> {
        let refresh = RefreshToken::parse(token).map(Self::Refresh);
        refresh.or_else(|| PresentedToken::read(token, issuer, keys, now).map(Self::Access))
    }

    /// The row of this very token, live or not. That we issued the token is shown by its hash.
    pub fn find(&self, tx: &mut Tx<'_>) -> Result<Option<AccessToken>, Error> {
        let id = match self {
            Self::Access(token) => &token.id,
            Self::Refresh(token) => &token.id,
        };
        Ok(access_tokens::find(tx, id)?.filter(|row| match self {
            Self::Access(token) => token.is_of(row),
            Self::Refresh(token) => {
                row.refresh_token_hash.as_deref().is_some_and(|stored| token.hash().matches(stored))
            }
        }))
    }
}

/// Whether a caller may ask about tokens: an agent, or a client that can keep a secret.
pub fn may_ask(caller: &Party) -> bool {
    match caller {
        Party::Agent(_) => true,
        Party::Client(client) => client.token_endpoint_auth_method != AuthMethod::None,
    }
}

/// What the answer says of a token, if it is live and the caller may know: it is told to its client, and of
/// an access token to a client for one of its audiences (section 4).
pub fn look_up(
    tx: &mut Tx<'_>,
    asked: &Asked,
    caller: &Party,
    policy: Policy,
    now: i64,
) -> Result<Option<Value>, Error> {
    let Some(row) = asked.find(tx)?.filter(|row| !row.revoked) else { return Ok(None) };
    if let Some(agent_id) = &row.agent_id
        && !agents::is_free(tx, agent_id)?
    {
        return Ok(None);
    }
    // A server of the profile takes no token that is not bound, also of before it was one.
    if row.jkt.is_none() && policy.is_fapi_server() {
        return Ok(None);
    }
    let is_its_client = row.client_id == caller.id();
    Ok(match (asked, caller) {
        (Asked::Access(token), _) if row.expires_at > now && (is_its_client || is_audience(&row, caller)) => {
            Some(of_access_token(token.claims.clone()))
        }
        (Asked::Refresh(_), _) if is_its_client => of_refresh_token(&row, now),
        (Asked::Access(_) | Asked::Refresh(_), _) => None,
    })
}

fn is_audience(row: &AccessToken, caller: &Party) -> bool {
    let is_named = |client: &OauthClient| {
        let audience = row.resource.as_deref().unwrap_or_default();
        client.resources.items().iter().any(|resource| audience.split(' ').any(|named| named == resource))
    };
    matches!(caller, Party::Client(client) if is_named(client))
}

/// Section 2.2, with the claims of the token itself.
fn of_access_token(claims: Map<String, Value>) -> Value {
    let token_type = if claims.contains_key("cnf") { "DPoP" } else { "Bearer" };
    let mut answer = claims;
    answer.insert("active".into(), json!(true));
    answer.insert("token_type".into(), json!(token_type));
    Value::Object(answer)
}

fn of_refresh_token(row: &AccessToken, now: i64) -> Option<Value> {
    let expires_at = row.refresh_expires_at.filter(|&expires_at| expires_at > now && row.refresh_used_at.is_none())?;
    Some(json!({
        "active": true,
        "client_id": row.client_id,
        "sub": row.agent_id,
        "scope": row.granted_scopes,
        "iat": row.created_at,
        "exp": expires_at,
    }))
}

/// The answer for everything else: exactly this, so that nothing is learned from it.
pub fn inactive() -> Value {
    json!({ "active": false })
}
