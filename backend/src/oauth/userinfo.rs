//! Userinfo (OpenID Connect Core section 5.3): what a token lets its holder know of the agent, as it is now; as JSON, or
//! signed for the client that has asked for it (section 5.3.2).

use serde_json::{Map, Value, json};

use crate::billing::tiers::Tiers;
use crate::clock::rfc3339;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::access_tokens;
use crate::db::schema::agents::{self, Described};
use crate::db::schema::{overseers, oversights};
use crate::db::{Error, Tx};
use crate::id::AgentId;
use crate::oauth::access_token::PresentedToken;
use crate::oauth::policy::Policy;
use crate::oauth::scope;
use crate::oauth::signing_keys::SigningKeys;

/// The scopes that give claims.
const SCOPES: [&str; 6] = ["openid", "id", "name", "description", "subscription", "overseer"];

/// Why a token gives nothing (RFC 6750 section 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It is not ours, has expired or was ended, or is for another API.
    InvalidToken,
    /// It allows none of this.
    InsufficientScope,
}

/// How the token came.
#[derive(Clone)]
pub enum Presentation {
    /// Alone: good for a token that is not bound.
    Bearer,
    /// With a proof by the key with this thumbprint.
    Dpop(String),
}

/// What a token gives.
pub struct Info {
    claims: Map<String, Value>,
    client_id: String,
    /// `None`: as JSON.
    pub signed_with: Option<SigningAlgorithm>,
}

impl Info {
    /// As JSON.
    pub fn into_json(self) -> Value {
        Value::Object(self.claims)
    }

    /// As a JWT for the client; `None` while no key of the algorithm may sign.
    pub fn sign(mut self, algorithm: SigningAlgorithm, issuer: &str, keys: &SigningKeys, now: i64) -> Option<String> {
        let signer = keys.signer(algorithm, now)?;
        self.claims.insert("iss".into(), json!(issuer));
        self.claims.insert("aud".into(), json!(self.client_id));
        self.claims.insert("iat".into(), json!(now));
        Some(signer.sign("JWT", &self.claims))
    }
}

/// The claims that the token's scopes give.
pub fn look_up(
    tx: &mut Tx<'_>,
    token: &PresentedToken,
    presentation: &Presentation,
    issuer: &str,
    (tiers, policy): (&Tiers, Policy),
    now: i64,
) -> Result<Result<Info, Refused>, Error> {
    let row = access_tokens::find(tx, &token.id)?;
    let is_good = |row: &access_tokens::AccessToken| !row.revoked && row.expires_at > now && token.is_of(row);
    let Some(row) = row.filter(is_good) else { return Ok(Err(Refused::InvalidToken)) };
    // RFC 9449 section 7: a bound token is worth nothing without its key, and an unbound one is not to pass for bound.
    let is_presented = match presentation {
        // A server of the profile takes none (section 5.3.4), also of before it was one.
        Presentation::Bearer => row.jkt.is_none() && !policy.is_fapi_server(),
        Presentation::Dpop(jkt) => row.jkt.as_ref() == Some(jkt),
    };
    let is_for_us = row.resource.as_deref().unwrap_or_default().split(' ').any(|audience| audience == issuer);
    if !is_presented || !is_for_us {
        return Ok(Err(Refused::InvalidToken));
    }
    let allows = |name: &str| scope::holds(&row.scopes, name);
    let Some(agent_id) = row.agent_id.as_ref().filter(|_| SCOPES.into_iter().any(allows)) else {
        return Ok(Err(Refused::InsufficientScope));
    };
    let Some(agent) = agents::described(tx, agent_id, &row.client_id)?.filter(|agent| agent.is_free) else {
        return Ok(Err(Refused::InvalidToken));
    };
    let signed_with = agent.signed_with;
    // A client of before the server was one of the profile.
    if signed_with.is_some_and(|algorithm| !policy.allows_algorithm(algorithm.as_str())) {
        return Ok(Err(Refused::InvalidToken));
    }
    let claims = claims(tx, agent_id, agent, allows, (tiers, now))?;
    Ok(Ok(Info { claims, client_id: row.client_id, signed_with }))
}

fn claims(
    tx: &mut Tx<'_>,
    agent_id: &AgentId,
    agent: Described,
    allows: impl Fn(&str) -> bool,
    (tiers, now): (&Tiers, i64),
) -> Result<Map<String, Value>, Error> {
    let mut claims = Map::new();
    claims.insert("sub".into(), json!(agent_id));
    if allows("id") {
        claims.insert("id".into(), json!(agent_id));
    }
    if allows("name") {
        claims.insert("name".into(), json!(agent.name));
    }
    if allows("description") {
        claims.insert("description".into(), json!(agent.description));
    }
    if allows("subscription") {
        let plan = tiers.of_agent(tx, agent_id, now)?;
        claims.insert("subscription".into(), json!({ "tier": plan.tier.tier }));
    }
    if allows("overseer") {
        claims.insert("overseer".into(), overseer(tx, agent_id, now)?);
    }
    Ok(claims)
}

/// As the agent itself sees it; null when nobody answers for it.
fn overseer(tx: &mut Tx<'_>, agent_id: &AgentId, now: i64) -> Result<Value, Error> {
    let Some(oversight) = oversights::current(tx, agent_id, now)? else { return Ok(Value::Null) };
    let overseer = overseers::find(tx, &oversight.overseer_id)?;
    Ok(json!({
        "id": oversight.overseer_id,
        "name": overseer.as_ref().map(|overseer| &overseer.name),
        "since": rfc3339(oversight.updated_at),
        "shadow": oversight.overseer_id.is_shadow(),
    }))
}
