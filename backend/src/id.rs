//! Identifiers: UUIDs (RFC 9562) in lower-case text. New ones are version 7, so that new rows land at
//! the end of their index; each kind is a type of its own, so that an agent's id can not stand where
//! an overseer's is meant.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::clock::Clock;
use crate::random::Random;

/// A fresh UUIDv7 as lower-case text.
pub fn new(clock: &Clock, random: Random) -> String {
    // A time before 1970 counts as 1970: the order of such ids is lost, their uniqueness is not.
    let millis = u64::try_from(clock.now_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid().to_string()
}

/// When a UUIDv7 was made, Unix seconds (RFC 9562 section 5.7); `None` for another version.
fn made_at(text: &str) -> Option<i64> {
    let (seconds, _) = uuid::Uuid::try_parse(text).ok()?.get_timestamp()?.to_unix();
    i64::try_from(seconds).ok()
}

/// Whether `text` is a UUID exactly as this server writes one: hyphenated, lower case.
fn is_canonical(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok_and(|uuid| uuid.to_string() == text)
}

macro_rules! identifier {
    ($(#[$doc:meta])* $Name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $Name(String);

        impl $Name {
            /// A fresh UUIDv7.
            pub fn new(clock: &Clock, random: Random) -> Self {
                Self(new(clock, random))
            }

            /// `None` unless `text` is a UUID in the canonical lower-case form.
            pub fn parse(text: &str) -> Option<Self> {
                is_canonical(text).then(|| Self(text.to_owned()))
            }

            /// The lower-case text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $Name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("an id is a UUID in lower case"))
            }
        }
    };
}

identifier!(
    /// An agent's id. Never equal to a client's: both are made by the server.
    AgentId
);
identifier!(
    /// An overseer's id.
    OverseerId
);
identifier!(
    /// A client's id.
    ClientId
);
identifier!(
    /// The id of a pending two-step operation.
    ChallengeId
);
identifier!(
    /// The id of an authorization request that waits in a browser.
    InteractionId
);
identifier!(
    /// The id of a line in an agent's history.
    RequestId
);
identifier!(
    /// The id of a line in an overseer's security log.
    EventId
);
identifier!(
    /// An access token's `jti`, which is the id of its row.
    TokenId
);

impl ChallengeId {
    /// When it was made, Unix seconds.
    pub fn made_at(&self) -> i64 {
        made_at(&self.0).unwrap_or(0)
    }
}

impl OverseerId {
    /// Of somebody without an account: a UUIDv8 of these bits (RFC 9562 section 5.8).
    pub fn of_shadow(bits: [u8; 16]) -> Self {
        Self(uuid::Builder::from_custom_bytes(bits).into_uuid().to_string())
    }

    /// Whether it is of somebody without an account.
    pub fn is_shadow(&self) -> bool {
        self.0.as_bytes().get(14) == Some(&b'8')
    }
}

/// Who owns a client: an agent or an overseer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The agent with this id.
    Agent(AgentId),
    /// The overseer with this id.
    Overseer(OverseerId),
}

impl Owner {
    /// `agent` or `overseer`, as stored.
    pub fn owner_type(&self) -> &'static str {
        match self {
            Self::Agent(_) => "agent",
            Self::Overseer(_) => "overseer",
        }
    }

    /// The id's text.
    pub fn id(&self) -> &str {
        match self {
            Self::Agent(id) => id.as_str(),
            Self::Overseer(id) => id.as_str(),
        }
    }

    /// Reads the two columns.
    pub fn parse(owner_type: &str, id: &str) -> Option<Self> {
        match owner_type {
            "agent" => AgentId::parse(id).map(Self::Agent),
            "overseer" => OverseerId::parse(id).map(Self::Overseer),
            _ => None,
        }
    }
}
