//! Claims: an overseer asks to answer for an agent, and the agent agrees.
//!
//! The agent names the overseer it agrees to, so that it agrees to one person and not to a link.

use serde_json::{Map, json};

use super::shadow_claims;
use crate::billing::tiers::{Limit, Tiers};
use crate::clock::Clock;
use crate::crypto::ed25519::PublicKey;
use crate::db::Tx;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::challenges::{self as rows, Challenge};
use crate::db::schema::oversights::{self, Oversight};
use crate::db::schema::{client_blocks, oauth_clients, overseers};
use crate::id::{self, AgentId, ChallengeId, OverseerId, Owner};
use crate::identity::agents as agent_rules;
use crate::identity::challenges::{self, Purpose};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::random::Random;
use crate::refusal::{Code, Refusal};
use crate::server_secret::Secrets;

/// Where a claim stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// The agent has not answered yet.
    Pending,
    /// The agent agreed.
    Completed,
    /// The agent declined.
    Rejected,
    /// Nobody answered in time.
    Expired,
}

/// What came of an agent's answer.
pub enum Answered {
    /// The overseer answers for it now.
    Completed(Oversight),
    /// What it agreed to is to be paid.
    AwaitingPayment,
    /// It declined.
    Rejected,
}

/// What a claim needs to know of the server.
#[derive(Clone)]
pub struct Server {
    /// The issuer.
    pub issuer: String,
    /// Who has which tier.
    pub tiers: Tiers,
    /// What the ids of shadow overseers are made with.
    pub secrets: Secrets,
    /// For times and identifiers.
    pub clock: Clock,
    /// For identifiers and nonces.
    pub random: Random,
}

/// Which agent is claimed.
#[derive(Clone)]
pub enum Whom {
    /// The one with this id.
    Id(AgentId),
    /// The one that is this key.
    Key(PublicKey),
}

/// Stores and returns the claim, unless somebody answers for the agent or the overseer has no room.
pub fn initiate(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    whom: &Whom,
    server: &Server,
    from: &CalledFrom,
) -> Result<Challenge, Refusal> {
    let agent = match whom {
        Whom::Id(id) => agents::find(tx, id)?,
        Whom::Key(key) => agents::find_by_key(tx, key)?,
    };
    let agent_id = &agent.ok_or(Code::AgentNotFound)?.id;
    must_be_claimable(tx, overseer_id, agent_id, server)?;
    let mut subject = Map::new();
    subject.insert("agent_id".into(), json!(agent_id));
    subject.insert("overseer_id".into(), json!(overseer_id));
    let challenge =
        challenges::new(Purpose::Claim, agent_id.as_str(), subject, &server.issuer, &server.clock, server.random);
    let challenge = Challenge { initiator_id: Some(overseer_id.to_string()), ..challenge };
    rows::insert(tx, &challenge)?;
    from.note(tx, overseer_id, Kind::ClaimMade, About::agent(agent_id))?;
    Ok(challenge)
}

/// The agent agrees, or declines. Of several overseers exactly one comes to answer for the agent, and no overseer for more agents
/// than their tier allows. An overseer takes the place of a shadow overseer.
pub fn answer(
    tx: &mut Tx<'_>,
    agent: &Agent,
    (challenge_id, overseer_id): (&ChallengeId, &OverseerId),
    accepts: bool,
    server: &Server,
    from: &CalledFrom,
) -> Result<Answered, Refusal> {
    let challenge = of_agent(tx, agent, challenge_id, overseer_id)?;
    let is_shadow = challenge.challenge_type == Purpose::ShadowClaim.challenge_type();
    if !accepts {
        challenges::consume(tx, &challenge, "rejected", from.now())?;
        if !is_shadow {
            from.note(tx, overseer_id, Kind::ClaimDeclined, About::agent(&agent.id))?;
        }
        return Ok(Answered::Rejected);
    }
    agent_rules::must_be_free(agent)?;
    if is_shadow {
        shadow_claims::agree(tx, &challenge, agent, overseer_id, server)?;
        return Ok(Answered::AwaitingPayment);
    }
    challenges::consume(tx, &challenge, "completed", from.now())?;
    accept(tx, agent, overseer_id, server, from).map(Answered::Completed)
}

fn accept(
    tx: &mut Tx<'_>,
    agent: &Agent,
    overseer_id: &OverseerId,
    server: &Server,
    from: &CalledFrom,
) -> Result<Oversight, Refusal> {
    let now = server.clock.now();
    agents::lock(tx, &agent.id)?;
    if !overseers::lock(tx, overseer_id)? {
        return Err(Code::ChallengeNotFound.into());
    }
    must_be_claimable(tx, overseer_id, &agent.id, server)?;
    // A shadow overseer's: anybody else's makes the agent unclaimable.
    oversights::end(tx, &agent.id, now)?;
    let new_id = id::new(&server.clock, server.random);
    oversights::activate(tx, &new_id, (overseer_id, &agent.id), None, now)?;
    client_blocks::delete_of_others(tx, &agent.id, overseer_id)?;
    from.note(tx, overseer_id, Kind::ClaimAccepted, About::agent(&agent.id))?;
    oversights::active(tx, &agent.id)?.ok_or_else(|| Code::Conflict.into())
}

/// Where the claim stands; only the overseer who made it may know.
pub fn status(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    challenge_id: &ChallengeId,
    now: i64,
) -> Result<Status, Refusal> {
    Ok(status_of(&made_by(tx, overseer_id, challenge_id)?, now))
}

/// The claim, for the overseer who made it.
pub fn made_by(tx: &mut Tx<'_>, overseer_id: &OverseerId, challenge_id: &ChallengeId) -> Result<Challenge, Refusal> {
    let challenge = challenges::find(tx, challenge_id, Purpose::Claim)?;
    let own = challenge.filter(|challenge| challenge.initiator_id.as_deref() == Some(overseer_id.as_str()));
    own.ok_or_else(|| Code::ChallengeNotFound.into())
}

/// Where a claim stands.
pub fn status_of(challenge: &Challenge, now: i64) -> Status {
    match challenge.outcome.as_deref() {
        Some("completed") => Status::Completed,
        Some(_) => Status::Rejected,
        None if challenge.expires_at > now => Status::Pending,
        None => Status::Expired,
    }
}

impl Status {
    /// As the API has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

/// The agent ends it. Blocks stay: they protect others from the agent too.
pub fn revoke_overseer(tx: &mut Tx<'_>, agent: &Agent, from: &CalledFrom) -> Result<(), Refusal> {
    agent_rules::must_be_free(agent)?;
    from.note_of_agent(tx, &agent.id, Kind::AgentLeft)?;
    if !oversights::end(tx, &agent.id, from.now())? {
        return Err(Code::NoOverseer.into());
    }
    Ok(())
}

/// The overseer lets the agent go, and with it their blocks. A stop stays.
pub fn declaim(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    agent_id: &AgentId,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    super::access::must_oversee(tx, overseer_id, agent_id)?;
    oversights::end(tx, agent_id, from.now())?;
    client_blocks::delete_of_overseer(tx, agent_id, overseer_id)?;
    Ok(from.note(tx, overseer_id, Kind::LetGo, About::agent(agent_id))?)
}

fn must_be_claimable(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    agent_id: &AgentId,
    server: &Server,
) -> Result<(), Refusal> {
    must_be_without_overseer(tx, agent_id)?;
    let plan = server.tiers.of_overseer(tx, overseer_id, server.clock.now())?;
    let used = oversights::count(tx, overseer_id)?;
    if let Limit::AtMost(limit) = plan.agents()
        && used >= limit
    {
        return Err(Code::TierLimit.because(format!(
            "The tier {} allows {limit} agents, and there are {used}. {}",
            plan.tier.tier,
            Code::TierLimit.remedy()
        )));
    }
    // With the agent come its clients.
    let brought = oauth_clients::count_of_owner(tx, &Owner::Agent(agent_id.clone()))?;
    let used = oauth_clients::count_of_overseer(tx, overseer_id)? + brought;
    match plan.clients() {
        Limit::AtMost(limit) if brought > 0 && used > limit => Err(Code::ClientLimit.because(format!(
            "The tier {} allows {limit} clients for an overseer and the agents they answer for, and with this agent's there \
             would be {used}. {}",
            plan.tier.tier,
            Code::ClientLimit.remedy()
        ))),
        Limit::AtMost(_) | Limit::Unlimited => Ok(()),
    }
}

/// Refuses an id that no agent has.
pub fn must_be_there(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<(), Refusal> {
    agents::find(tx, agent_id)?.map(|_| ()).ok_or_else(|| Code::AgentNotFound.into())
}

/// Refuses an agent for which an overseer answers. A shadow overseer does not.
pub(super) fn must_be_without_overseer(tx: &mut Tx<'_>, agent_id: &AgentId) -> Result<(), Refusal> {
    match oversights::active(tx, agent_id)? {
        Some(oversight) if !oversight.overseer_id.is_shadow() => Err(Code::AlreadyClaimed.into()),
        Some(_) | None => Ok(()),
    }
}

/// The claim, if it is about this agent and by this overseer.
fn of_agent(
    tx: &mut Tx<'_>,
    agent: &Agent,
    challenge_id: &ChallengeId,
    overseer_id: &OverseerId,
) -> Result<Challenge, Refusal> {
    let challenge = match challenges::find(tx, challenge_id, Purpose::Claim)? {
        Some(challenge) => challenge,
        None => challenges::find(tx, challenge_id, Purpose::ShadowClaim)?.ok_or(Code::ChallengeNotFound)?,
    };
    if challenge.entity_id != agent.id.as_str() {
        return Err(Code::ChallengeNotFound.into());
    }
    if challenge.initiator_id.as_deref() != Some(overseer_id.as_str()) {
        return Err(Code::WrongOverseer.into());
    }
    Ok(challenge)
}
