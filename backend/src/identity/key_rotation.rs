//! How an agent changes its key: the old key proves who asks, the new one signs that it agrees.

use serde_json::{Map, json};

use crate::clock::Clock;
use crate::crypto::ed25519::{PublicKey, Signature};
use crate::db::Tx;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::challenges::{self as rows, Challenge};
use crate::db::schema::retired_keys;
use crate::identity::challenges::{self, Purpose};
use crate::identity::security_log::{CalledFrom, Kind};
use crate::identity::{agents as rules, ending, sessions};
use crate::random::Random;
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// Stores and returns the challenge; both keys stand in it.
pub fn initiate(
    tx: &mut Tx<'_>,
    agent: &Agent,
    new_key: &PublicKey,
    issuer: &str,
    clock: &Clock,
    random: Random,
) -> Result<Challenge, Refusal> {
    rules::must_be_free(agent)?;
    if agents::is_key_taken(tx, new_key)? {
        return Err(Code::PublicKeyTaken.into());
    }
    let mut subject = Map::new();
    subject.insert("agent_id".into(), json!(agent.id));
    subject.insert("old_public_key".into(), json!(agent.public_key.to_base64url()));
    subject.insert("new_public_key".into(), json!(new_key.to_base64url()));
    let challenge = challenges::new(Purpose::RotateKey, agent.id.as_str(), subject, issuer, clock, random);
    rows::insert(tx, &challenge)?;
    Ok(challenge)
}

/// The new key, once it has signed the challenge.
pub fn agreed_key(challenge: &Challenge, signature: &str) -> Result<PublicKey, Refusal> {
    let signature = Signature::parse(signature).ok_or(Code::InvalidSignature)?;
    let key = challenges::required_member(challenge, "new_public_key")?;
    let key = PublicKey::parse(&key).map_err(|error| Code::InvalidKey.because(error.to_string()))?;
    if !key.verify(challenge.challenge_data.as_bytes(), &signature) {
        return Err(Code::InvalidSignature.into());
    }
    Ok(key)
}

/// Puts the new key in the place of the old one, ends everything that the old one began, and logs the
/// agent in. `agent` was authenticated by a proof of the old key in this same transaction.
pub fn complete(
    tx: &mut Tx<'_>,
    agent: &Agent,
    challenge: &Challenge,
    new_key: &PublicKey,
    session: &PlainToken,
    from: &CalledFrom,
) -> Result<Agent, Refusal> {
    let now = from.now();
    rules::must_be_free(agent)?;
    if challenge.entity_id != agent.id.as_str() {
        return Err(Code::ChallengeNotFound.into());
    }
    challenges::consume(tx, challenge, "completed", now)?;
    if !agents::replace_key(tx, &agent.id, &agent.public_key, new_key, now)? {
        return Err(Code::PublicKeyTaken.into());
    }
    retired_keys::insert(tx, &agent.public_key, &agent.id, now)?;
    from.note_of_agent(tx, &agent.id, Kind::KeyRotated)?;
    ending::end_everything(tx, &agent.id, now)?;
    // The registration of the old key, which a deletion would not find any more.
    rows::delete_of(tx, &agent.public_key.to_base64url())?;
    sessions::begin_for_agent(tx, &agent.id, session, now)?;
    Ok(Agent { public_key: *new_key, updated_at: now, ..agent.clone() })
}
