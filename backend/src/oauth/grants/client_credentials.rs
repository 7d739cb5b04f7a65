//! `client_credentials` by an agent as itself (RFC 6749 section 4.4): one request, and it holds a token
//! that any API can verify.

use crate::clock::{self, Clock};
use crate::crypto::ed25519::PublicKey;
use crate::crypto::{base64url, sha256};
use crate::db::schema::access_tokens::{self, AccessToken};
use crate::db::schema::agents;
use crate::db::schema::oauth_requests::{self, OauthRequest};
use crate::db::schema::oversights;
use crate::db::{Error, Tx};
use crate::id::{self, AgentId};
use crate::identity::dpop::SpentProof;
use crate::oauth::client_assertion;
use crate::random::Random;

/// What was true of the agent when its assertion was verified. The token says it, so it must still be
/// true when the token is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its key.
    pub key: PublicKey,
    /// Whether an overseer answers for it.
    pub is_overseen: bool,
}

/// What came of storing the token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is stored; hand it out.
    Stored,
    /// The assertion was used before, or the agent is gone or has another key.
    Rejected,
    /// The agent is stopped. The assertion is spent nevertheless.
    Stopped,
    /// Somebody began or ceased to answer for the agent meanwhile: sign again.
    Changed,
}

/// What the agent is now; `None` when it is not known.
pub fn snapshot(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<Option<Snapshot>, Error> {
    let Some(agent) = agents::find(tx, agent_id)? else { return Ok(None) };
    let is_overseen = oversights::active(tx, agent_id)?.is_some();
    Ok(Some(Snapshot { key: agent.public_key, is_overseen }))
}

/// Spends the assertion and stores the token, if all that was verified before still holds. An error
/// keeps nothing; every other outcome is kept as it is, so that a refused assertion stays spent.
pub fn store(
    tx: &mut Tx<'_>,
    spent: &SpentProof,
    verified: &Snapshot,
    token: &AccessToken,
    history: &[OauthRequest],
) -> Result<Outcome, Error> {
    let Some(agent_id) = &token.agent_id else { return Ok(Outcome::Rejected) };
    if oversights::active(tx, agent_id)?.is_some() != verified.is_overseen {
        return Ok(Outcome::Changed);
    }
    let Some(agent) = client_assertion::redeem(tx, agent_id, &verified.key, spent)? else {
        return Ok(Outcome::Rejected);
    };
    if agent.stopped_at.is_some() {
        return Ok(Outcome::Stopped);
    }
    access_tokens::insert(tx, token)?;
    for request in history {
        oauth_requests::insert_once_a_day(tx, request, &once_a_day(request))?;
    }
    Ok(Outcome::Stored)
}

/// What the history says of the token: one line for each resource, the first time on a day.
pub fn history(token: &AccessToken, resources: &[String], clock: &Clock, random: Random) -> Vec<OauthRequest> {
    let Some(agent_id) = &token.agent_id else { return Vec::new() };
    let request = |resource: &String| OauthRequest {
        id: id::new(clock, random),
        agent_id: agent_id.clone(),
        client_id: token.client_id.clone(),
        scopes: token.scopes.clone(),
        status: "approved".to_owned(),
        created_at: token.created_at,
        resource: Some(resource.clone()),
    };
    resources.iter().map(request).collect()
}

fn once_a_day(request: &OauthRequest) -> String {
    let resource = request.resource.as_deref().unwrap_or_default();
    let text = format!("{} {} {resource}", request.agent_id, clock::day(request.created_at));
    base64url::encode(sha256(text.as_bytes()))
}
