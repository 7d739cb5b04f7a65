//! How an agent comes to be: it names its key, and signs a challenge with it.

use serde_json::{Map, json};

use crate::clock::Clock;
use crate::crypto::ed25519::{PublicKey, Signature};
use crate::db::Tx;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::challenges::{self as rows, Challenge};
use crate::id::AgentId;
use crate::identity::challenges::{self, Purpose};
use crate::identity::fields::{Description, Name};
use crate::identity::{agents as rules, sessions};
use crate::random::Random;
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// What an agent asks to be.
pub struct Request {
    /// Its name.
    pub name: Name,
    /// What it says of itself.
    pub description: Option<Description>,
    /// The key that it will be.
    pub public_key: PublicKey,
}

/// The challenge for a new agent. Name and description stand in it, so that they are signed too.
pub fn challenge(request: Request, issuer: &str, clock: &Clock, random: Random) -> Challenge {
    let key = request.public_key.to_base64url();
    let mut subject = Map::new();
    subject.insert("public_key".into(), json!(key));
    subject.insert("name".into(), json!(request.name.into_string()));
    if let Some(description) = request.description {
        subject.insert("description".into(), json!(description.into_string()));
    }
    challenges::new(Purpose::Register, &key, subject, issuer, clock, random)
}

/// Stores the challenge, unless the key is an agent's or was one's.
pub fn initiate(tx: &mut Tx<'_>, challenge: &Challenge, key: &PublicKey) -> Result<(), Refusal> {
    if agents::is_key_taken(tx, key)? {
        return Err(Code::PublicKeyTaken.into());
    }
    rows::insert(tx, challenge)?;
    Ok(())
}

/// The agent that the answered challenge makes. `signature` is over the bytes of the challenge.
pub fn agent_of(challenge: &Challenge, signature: &str, id: AgentId, now: i64) -> Result<Agent, Refusal> {
    let signature = Signature::parse(signature).ok_or(Code::InvalidSignature)?;
    let key = challenges::required_member(challenge, "public_key")?;
    let key = PublicKey::parse(&key).map_err(|error| Code::InvalidKey.because(error.to_string()))?;
    if !key.verify(challenge.challenge_data.as_bytes(), &signature) {
        return Err(Code::InvalidSignature.into());
    }
    let name = challenges::required_member(challenge, "name")?;
    Ok(rules::new(id, name, challenges::member(challenge, "description")?, key, now))
}

/// Answers the challenge, stores the agent and logs it in. Of several registrations of one key
/// exactly one succeeds.
pub fn complete(
    tx: &mut Tx<'_>,
    challenge: &Challenge,
    agent: &Agent,
    session: &PlainToken,
    now: i64,
) -> Result<(), Refusal> {
    challenges::consume(tx, challenge, "completed", now)?;
    if !agents::insert(tx, agent)? {
        return Err(Code::PublicKeyTaken.into());
    }
    sessions::begin_for_agent(tx, &agent.id, session, now)?;
    Ok(())
}
