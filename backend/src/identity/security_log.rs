//! The security log of an overseer: who signed in, and what was done to their agents and applications, from where.
//!
//! A line is written in the transaction that does what it tells of, so that none is missing and none tells of what did not
//! happen.

use std::net::IpAddr;

use crate::clock::Clock;
use crate::db::schema::oversights;
use crate::db::schema::security_events::{self, SecurityEvent};
use crate::db::{Error, Tx};
use crate::id::{self, AgentId, ClientId, OverseerId, Owner};
use crate::random::Random;

/// How many characters of what a browser or program says of itself are kept.
const LONGEST_AGENT_STRING: usize = 200;

/// Declares what can happen: how it is stored, and in words.
macro_rules! kinds {
    ($($(#[$doc:meta])* $Name:ident = $stored:literal $words:literal;)+) => {
        /// What happened.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Kind { $($(#[$doc])* $Name),+ }

        impl Kind {
            /// As stored and as the API has it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$Name => $stored),+ }
            }
        }

        /// A stored kind in words, for people. One of a newer version is told as it is stored.
        pub fn in_words(stored: &str) -> &str {
            match stored { $($stored => $words,)+ other => other }
        }
    };
}

kinds! {
    /// The account came to be.
    Registered = "registered" "Registered";
    /// By API or in a browser.
    SignedIn = "signed_in" "Signed in";
    /// An agent was asked whether one may answer for it.
    ClaimMade = "claim_made" "Asked to answer for an agent";
    /// The agent agreed.
    ClaimAccepted = "claim_accepted" "An agent agreed to be yours";
    /// The agent declined.
    ClaimDeclined = "claim_declined" "An agent declined";
    /// By the overseer.
    LetGo = "agent_let_go" "Let an agent go";
    /// By the agent.
    AgentLeft = "agent_left" "An agent left";
    /// By the overseer or the operator.
    Stopped = "agent_stopped" "Stopped an agent";
    /// By whoever stopped it.
    Resumed = "agent_resumed" "Let an agent act again";
    /// By itself.
    AgentDeleted = "agent_deleted" "An agent deleted itself";
    /// By the agent.
    KeyRotated = "agent_key_changed" "An agent changed its key";
    /// A client was forbidden for an agent.
    Blocked = "client_blocked" "Blocked an application for an agent";
    /// A block was lifted.
    Unblocked = "client_unblocked" "Unblocked an application for an agent";
    /// What a client held for an agent was ended.
    TokensEnded = "tokens_ended" "Ended what an application held for an agent";
    /// A client came to be.
    ClientRegistered = "client_registered" "Registered an application";
    /// A client is registered otherwise.
    ClientChanged = "client_changed" "Changed an application";
    /// A client has other keys.
    ClientKeyReplaced = "client_key_replaced" "Replaced an application's key";
    /// A client has another secret.
    ClientSecretReplaced = "client_secret_replaced" "Replaced an application's secret";
    /// A client was switched off.
    ClientDisabled = "client_disabled" "Disabled an application";
    /// A client was switched on.
    ClientEnabled = "client_enabled" "Enabled an application";
    /// The tier has no room for an agent.
    AgentReleased = "agent_released" "Let go of an agent that is beyond the tier";
    /// The tier has no room for a client.
    ClientOverLimit = "client_over_limit" "Disabled an application that is beyond the tier";
    /// It has room for it again.
    ClientBackInLimit = "client_back_in_limit" "Enabled an application, for the tier has room again";
    /// A client is gone.
    ClientDeleted = "client_deleted" "Deleted an application";
    /// The password is another.
    PasswordChanged = "password_changed" "Changed the password";
    /// A link for a new password was made.
    ResetBegun = "password_reset_begun" "A link for a new password was made";
    /// The overseer reads what is sent to the e-mail address.
    EmailConfirmed = "email_confirmed" "Confirmed the e-mail address";
    /// The e-mail address is another.
    EmailChanged = "email_changed" "Changed the e-mail address";
    /// One session was ended from another.
    SessionEnded = "session_ended" "Ended a session";
}

/// Whether somebody has signed in to the account from this network, as far as the log goes back.
pub fn has_signed_in_from(tx: &mut Tx<'_>, overseer_id: &OverseerId, network: &str) -> Result<bool, Error> {
    security_events::is_known(tx, overseer_id, Kind::SignedIn.as_str(), network)
}

/// Where a call came from, and what a line of the log needs besides.
#[derive(Clone)]
pub struct CalledFrom {
    /// `None` for the operator's command line, and for what the server does itself.
    pub address: Option<String>,
    /// The part of the address that one customer of a network holds, as limits count it.
    pub network: Option<String>,
    /// What the browser or program says of itself.
    pub user_agent: Option<String>,
    clock: Clock,
    random: Random,
}

/// What a line is about.
#[derive(Clone, Copy, Default)]
pub struct About<'a> {
    /// An agent.
    pub agent_id: Option<&'a AgentId>,
    /// A client; for an agent's own tokens the agent's id.
    pub client_id: Option<&'a str>,
}

impl<'a> About<'a> {
    /// An agent alone.
    pub fn agent(id: &'a AgentId) -> Self {
        Self { agent_id: Some(id), client_id: None }
    }
}

impl CalledFrom {
    /// A call over HTTP. What a program says of itself is cut and rid of what is no text.
    pub fn http(address: IpAddr, network: IpAddr, user_agent: Option<&str>, clock: &Clock, random: Random) -> Self {
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT_STRING).collect();
        Self {
            address: Some(address.to_string()),
            network: Some(network.to_string()),
            user_agent: user_agent.map(plain),
            clock: clock.clone(),
            random,
        }
    }

    /// Nobody over HTTP: the operator's command line, or the server itself.
    pub fn command_line(clock: &Clock, random: Random) -> Self {
        Self { address: None, network: None, user_agent: None, clock: clock.clone(), random }
    }

    /// The time.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// A fresh UUIDv7.
    pub fn new_id(&self) -> String {
        id::new(&self.clock, self.random)
    }

    /// Writes a line into an overseer's log.
    pub fn note(&self, tx: &mut Tx<'_>, overseer: &OverseerId, kind: Kind, about: About<'_>) -> Result<(), Error> {
        let event = SecurityEvent {
            id: self.new_id(),
            overseer_id: overseer.clone(),
            kind: kind.as_str().to_owned(),
            agent_id: about.agent_id.map(|id| id.as_str().to_owned()),
            client_id: about.client_id.map(str::to_owned),
            address: self.address.clone(),
            network: self.network.clone(),
            user_agent: self.user_agent.clone(),
            created_at: self.clock.now(),
        };
        security_events::insert(tx, &event)
    }

    /// Writes a line into the log of whoever answers for the agent.
    pub fn note_of_agent(&self, tx: &mut Tx<'_>, agent_id: &AgentId, kind: Kind) -> Result<(), Error> {
        let Some(oversight) = oversights::active(tx, agent_id)? else { return Ok(()) };
        self.note(tx, &oversight.overseer_id, kind, About::agent(agent_id))
    }

    /// Writes a line about a client into the log of its owner, or of whoever answers for the agent that owns it.
    pub fn note_of_client(&self, tx: &mut Tx<'_>, owner: &Owner, id: &ClientId, kind: Kind) -> Result<(), Error> {
        let client_id = Some(id.as_str());
        match owner {
            Owner::Overseer(overseer) => self.note(tx, overseer, kind, About { agent_id: None, client_id }),
            Owner::Agent(agent_id) => match oversights::active(tx, agent_id)? {
                Some(oversight) => {
                    self.note(tx, &oversight.overseer_id, kind, About { agent_id: Some(agent_id), client_id })
                }
                None => Ok(()),
            },
        }
    }
}
