//! Challenges: the first half of every two-step operation.
//!
//! The text to sign says what it is for and for which server, so that a signature made for one purpose
//! or server is worth nothing for another (RFC 8725 section 3.11 asks the same of JWTs). It is canonical
//! JSON (RFC 8785), and it is signed as sent, byte for byte.

use serde_json::{Map, Value, json};

use crate::clock::{Clock, rfc3339};
use crate::crypto::{base64url, canonical_json};
use crate::db::schema::challenges::{self, Challenge};
use crate::db::{Error, Tx};
use crate::id::ChallengeId;
use crate::random::Random;
use crate::refusal::{Code, Refusal};

/// What a challenge is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A new agent proves that it holds its key.
    Register,
    /// An agent's new key shows that it agrees.
    RotateKey,
    /// An overseer asks to answer for an agent.
    Claim,
    /// Somebody without an account wants to pay for an agent.
    ShadowClaim,
    /// An agent signs in in a browser.
    SignIn,
}

impl Purpose {
    /// The `purpose` member of the text to sign.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::RotateKey => "rotate-key",
            Self::Claim => "claim",
            Self::ShadowClaim => "shadow-claim",
            Self::SignIn => "sign-in",
        }
    }

    /// The type of the row.
    pub fn challenge_type(self) -> &'static str {
        match self {
            Self::Register | Self::SignIn => "dpop",
            Self::RotateKey => "key_rotation",
            Self::Claim => "claim",
            Self::ShadowClaim => "shadow_claim",
        }
    }

    /// How long it may be answered, in seconds.
    pub fn lifetime(self) -> i64 {
        match self {
            Self::Register => 60,
            Self::RotateKey | Self::Claim | Self::SignIn => 300,
            Self::ShadowClaim => 3600,
        }
    }
}

/// Makes a pending challenge; `subject` are the members that say what is agreed to.
pub fn new(
    purpose: Purpose,
    entity_id: &str,
    subject: Map<String, Value>,
    issuer: &str,
    clock: &Clock,
    random: Random,
) -> Challenge {
    let id = ChallengeId::new(clock, random);
    let created_at = clock.now();
    let expires_at = created_at + purpose.lifetime();
    let mut text = subject;
    text.insert("purpose".into(), json!(purpose.as_str()));
    text.insert("issuer".into(), json!(issuer));
    text.insert("challenge_id".into(), json!(id));
    text.insert("nonce".into(), json!(base64url::encode(random.bytes::<32>())));
    text.insert("expires_at".into(), json!(rfc3339(expires_at)));
    Challenge {
        id,
        challenge_type: purpose.challenge_type().to_owned(),
        entity_id: entity_id.to_owned(),
        expires_at,
        challenge_data: canonical_json::to_string(&text),
        created_at,
        outcome: None,
        initiator_id: None,
    }
}

/// The challenge of this id and purpose, pending or not.
pub fn find(tx: &mut Tx<'_>, id: &ChallengeId, purpose: Purpose) -> Result<Option<Challenge>, Error> {
    let challenge = challenges::find(tx, id, purpose.challenge_type())?;
    // Two purposes share a type, and only the text tells them apart.
    let is_for =
        |challenge: &Challenge| challenge.challenge_data.contains(&format!("\"purpose\":\"{}\"", purpose.as_str()));
    Ok(challenge.filter(is_for))
}

/// The newest of an entity and purpose that can be answered.
pub fn pending(tx: &mut Tx<'_>, entity_id: &str, purpose: Purpose, now: i64) -> Result<Option<Challenge>, Error> {
    challenges::newest_pending(tx, entity_id, purpose.challenge_type(), now)
}

/// Ends the pending challenges of one purpose for an agent.
pub fn end_pending(tx: &mut Tx<'_>, entity_id: &str, purpose: Purpose) -> Result<(), Error> {
    challenges::delete_pending(tx, entity_id, purpose.challenge_type())
}

/// Answers the challenge; of several callers exactly one succeeds.
pub fn consume(tx: &mut Tx<'_>, challenge: &Challenge, outcome: &str, now: i64) -> Result<(), Refusal> {
    if challenges::consume(tx, &challenge.id, outcome, now)? {
        return Ok(());
    }
    let current = challenges::find(tx, &challenge.id, &challenge.challenge_type)?;
    Err(match current {
        None => Code::ChallengeNotFound.into(),
        Some(current) if current.outcome.is_some() => Code::ChallengeUsed.into(),
        Some(_) => Code::ChallengeExpired.into(),
    })
}

/// A text member of a stored challenge. The server wrote the text itself, so a missing member is a
/// fault of the server.
pub fn member(challenge: &Challenge, name: &str) -> Result<Option<String>, Refusal> {
    Ok(members(challenge)?.get(name).and_then(Value::as_str).map(str::to_owned))
}

/// All members of a stored challenge.
pub fn members(challenge: &Challenge) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_str(&challenge.challenge_data).map_err(|error| {
        let source = Error::Row(format!("challenge {}: {error}", challenge.id));
        Refusal { source: Some(source), ..Code::Internal.into() }
    })
}

/// As [`member`], for one that is always there.
pub fn required_member(challenge: &Challenge, name: &str) -> Result<String, Refusal> {
    member(challenge, name)?.ok_or_else(|| Refusal {
        source: Some(Error::Row(format!("challenge {} has no {name}", challenge.id))),
        ..Code::Internal.into()
    })
}
