//! Shadow claims: somebody without an account pays once, and an agent's limits are lifted for thirty days.
//!
//! Whoever pays so answers for nothing and can stop nothing: the shadow overseer is nobody's account. Its id follows from the agent
//! and the server's secret, so it is the same with each payment, and the server knows its own without a row.

use serde_json::{Map, json};

use super::claims::{Server, must_be_without_overseer};
use crate::billing::tiers::Tiers;
use crate::clock::rfc3339;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::challenges::{self as rows, Challenge};
use crate::db::schema::checkouts::{self, Checkout};
use crate::db::schema::oversights;
use crate::db::{Error, Tx};
use crate::id::{AgentId, ChallengeId, OverseerId};
use crate::identity::agents as agent_rules;
use crate::identity::challenges::{self, Purpose};
use crate::refusal::{Code, Refusal};

/// What is said where nobody can pay for an agent.
pub const NOT_OFFERED: &str = "No payment lifts an agent's limits on this server.";
/// How long before the end the agent is told of it, in seconds.
const HINTED_BEFORE: i64 = 7 * 24 * 60 * 60;
/// How long after the end, in seconds.
const HINTED_AFTER: i64 = 30 * 24 * 60 * 60;

/// Where a shadow claim stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// The agent has not answered yet.
    Initiated,
    /// The agent agreed.
    AwaitingPayment,
    /// It is paid.
    Completed,
    /// Nobody answered or paid in time, or the agent declined.
    Expired,
}

/// A shadow claim, where it stands, and its payment once that was begun.
pub struct Standing {
    /// The claim.
    pub id: ChallengeId,
    /// The agent; it may be gone.
    pub agent_id: AgentId,
    /// Who pays.
    pub overseer_id: OverseerId,
    /// Where it stands.
    pub status: Status,
    /// Until when it can be agreed to, and a payment be begun, Unix seconds.
    pub expires_at: i64,
    /// The payment.
    pub checkout: Option<Checkout>,
}

/// Stores and returns the claim, unless an overseer answers for the agent, or a payment would lift nothing.
pub fn initiate(tx: &mut Tx<'_>, agent_id: &AgentId, server: &Server) -> Result<(Challenge, OverseerId), Refusal> {
    must_be_without_overseer(tx, agent_id)?;
    if !server.tiers.shadow_lifts(tx)? {
        return Err(Code::NoBilling.because(NOT_OFFERED));
    }
    let overseer_id = shadow_overseer(tx, agent_id, server)?;
    let mut subject = Map::new();
    subject.insert("agent_id".into(), json!(agent_id));
    subject.insert("overseer_id".into(), json!(overseer_id));
    let (entity, issuer) = (agent_id.as_str(), &server.issuer);
    let challenge = challenges::new(Purpose::ShadowClaim, entity, subject, issuer, &server.clock, server.random);
    let challenge = Challenge { initiator_id: Some(overseer_id.to_string()), ..challenge };
    rows::insert(tx, &challenge)?;
    Ok((challenge, overseer_id))
}

/// The one of earlier, also when the server's secret was replaced since.
fn shadow_overseer(tx: &mut Tx<'_>, agent_id: &AgentId, server: &Server) -> Result<OverseerId, Error> {
    let earlier = oversights::last_shadow(tx, agent_id)?.map(|oversight| oversight.overseer_id);
    let own = earlier.filter(|id| server.secrets.is_shadow_overseer(agent_id, id));
    Ok(own.unwrap_or_else(|| server.secrets.shadow_overseer(agent_id)))
}

/// The agent agrees; from then on it can be paid.
pub(super) fn agree(
    tx: &mut Tx<'_>,
    challenge: &Challenge,
    agent: &Agent,
    overseer_id: &OverseerId,
    server: &Server,
) -> Result<(), Refusal> {
    if !server.secrets.is_shadow_overseer(&agent.id, overseer_id) {
        return Err(Code::WrongOverseer.into());
    }
    must_be_without_overseer(tx, &agent.id)?;
    challenges::consume(tx, challenge, "completed", server.clock.now())
}

/// Whoever began it changes their mind. What is paid already is not undone.
pub fn cancel(tx: &mut Tx<'_>, challenge_id: &ChallengeId, now: i64) -> Result<(), Refusal> {
    match standing(tx, challenge_id, now)?.status {
        Status::Initiated => {
            let challenge = challenges::find(tx, challenge_id, Purpose::ShadowClaim)?.ok_or(Code::ChallengeNotFound)?;
            challenges::consume(tx, &challenge, "rejected", now)
        }
        Status::AwaitingPayment | Status::Expired => Ok(()),
        Status::Completed => Err(Code::ChallengeUsed.into()),
    }
}

/// Where the claim stands. Whoever has its id may know. A day after it expired its payment alone is left of it.
pub fn standing(tx: &mut Tx<'_>, challenge_id: &ChallengeId, now: i64) -> Result<Standing, Refusal> {
    let challenge = challenges::find(tx, challenge_id, Purpose::ShadowClaim)?;
    let checkout = checkouts::of_claim(tx, challenge_id)?;
    let of_challenge = || {
        let challenge = challenge.as_ref()?;
        let overseer_id = challenge.initiator_id.as_deref().and_then(OverseerId::parse)?;
        Some((AgentId::parse(&challenge.entity_id)?, overseer_id))
    };
    let of_checkout = || checkout.as_ref().and_then(|paid| Some((paid.agent_id.clone()?, paid.overseer_id.clone())));
    let (agent_id, overseer_id) = of_challenge().or_else(of_checkout).ok_or(Code::ChallengeNotFound)?;
    let forgotten = challenge_id.made_at() + Purpose::ShadowClaim.lifetime();
    let expires_at = challenge.as_ref().map_or(forgotten, |challenge| challenge.expires_at);
    let outcome = challenge.as_ref().and_then(|challenge| challenge.outcome.as_deref());
    let is_paid = checkout.as_ref().is_some_and(|paid| paid.completed_at.is_some());
    let has_lifted = checkout.as_ref().is_some_and(|paid| paid.applied_at.is_some() && paid.refunded_at.is_none());
    let status = match outcome {
        _ if has_lifted => Status::Completed,
        _ if is_paid || expires_at <= now => Status::Expired,
        Some("completed") => Status::AwaitingPayment,
        None => Status::Initiated,
        Some(_) => Status::Expired,
    };
    Ok(Standing { id: challenge_id.clone(), agent_id, overseer_id, status, expires_at, checkout })
}

/// The claim, if it can be paid now.
pub fn payable(tx: &mut Tx<'_>, challenge_id: &ChallengeId, now: i64) -> Result<Standing, Refusal> {
    let standing = standing(tx, challenge_id, now)?;
    match standing.status {
        Status::AwaitingPayment => {}
        Status::Initiated => return Err(Code::NotAgreed.into()),
        Status::Completed => return Err(Code::ChallengeUsed.into()),
        Status::Expired => return Err(Code::ChallengeExpired.into()),
    }
    let agent = agents::find(tx, &standing.agent_id)?.ok_or(Code::AgentNotFound)?;
    agent_rules::must_be_free(&agent)?;
    must_be_without_overseer(tx, &standing.agent_id)?;
    Ok(standing)
}

/// Keeps the payment that was begun for a claim, unless another one was: of several that were begun at once one is paid.
pub fn keep(tx: &mut Tx<'_>, begun: &Checkout, claim: &Standing) -> Result<Checkout, Refusal> {
    agents::lock(tx, &claim.agent_id)?;
    if let Some(kept) = checkouts::of_claim(tx, &claim.id)? {
        return Ok(kept);
    }
    checkouts::insert(tx, begun)?;
    Ok(begun.clone())
}

/// What the agent may tell whoever pays for it: that the time is nearly over, or was over lately.
/// Where nobody can pay (`page` is `None`), it says nothing.
pub fn hint(
    tx: &mut Tx<'_>,
    agent_id: &AgentId,
    page: Option<&str>,
    tiers: &Tiers,
    now: i64,
) -> Result<Option<String>, Error> {
    let Some(page) = page else { return Ok(None) };
    let active = oversights::active(tx, agent_id)?;
    if active.as_ref().is_some_and(|oversight| oversight.ends_at.is_none()) {
        return Ok(None);
    }
    let Some(ends_at) = oversights::last_shadow(tx, agent_id)?.and_then(|oversight| oversight.ends_at) else {
        return Ok(None);
    };
    if !tiers.shadow_lifts(tx)? {
        return Ok(None);
    }
    let renew = format!("Whoever wants to pay can do so at {page}/{agent_id}.");
    let time = rfc3339(ends_at);
    Ok(match ends_at - now {
        left if active.is_some() && (1..=HINTED_BEFORE).contains(&left) => {
            Some(format!("The limits are lifted until {time}. {renew}"))
        }
        left if (-HINTED_AFTER..=0).contains(&left) => {
            Some(format!("The limits were lifted until {time}, and hold again. {renew}"))
        }
        _ => None,
    })
}

impl Status {
    /// As the API has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::AwaitingPayment => "awaiting-payment",
            Self::Completed => "completed",
            Self::Expired => "expired",
        }
    }
}
