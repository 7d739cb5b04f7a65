//! What a caller shows, and who that is. A credential is turned into an agent or overseer inside the
//! transaction that acts on it, so that what was true when checked is true when acted upon.

use crate::crypto::verifying_key::VerifyingKey;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::overseers::{self, Overseer};
use crate::db::schema::sessions::Session;
use crate::db::{Error, Tx};
use crate::id::Owner;
use crate::identity::dpop::Proof;
use crate::identity::sessions;
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// How a caller shows who it is.
#[derive(Clone)]
pub enum Credential {
    /// A session, of an agent or an overseer: its row says which.
    Session(TokenHash),
    /// A session in a browser's cookie. An overseer's alone: an agent signs itself into a browser for one application, and
    /// does not hand its account over.
    Cookie(TokenHash),
    /// A proof by an agent's own key.
    Proof(Proof),
}

/// Who a caller is.
pub enum Principal {
    /// An agent, perhaps a stopped one.
    Agent(Agent),
    /// An overseer.
    Overseer(Overseer),
}

impl Credential {
    /// Who shows it, and whether their session is due to be extended. A proof is spent by this: keep the transaction
    /// even when the action is refused.
    pub fn authenticate(&self, tx: &mut Tx<'_>, now: i64) -> Result<(Principal, bool), Refusal> {
        match self {
            Self::Session(token) => {
                let session = sessions::find(tx, token, now)?;
                holder(tx, session, now)
            }
            Self::Cookie(token) => {
                let session = sessions::find_in_browser(tx, token, now)?;
                let (principal, is_due) = holder(tx, session, now)?;
                principal.overseer()?;
                Ok((principal, is_due))
            }
            Self::Proof(proof) => {
                // Another kind of key is no agent's.
                let VerifyingKey::Ed25519(key) = &proof.key else { return Err(Code::NotAuthenticated.into()) };
                let agent = agents::find_by_key(tx, key)?.ok_or(Code::NotAuthenticated)?;
                if !proof.spent.spend(tx)? {
                    return Err(Code::ProofReplayed.into());
                }
                Ok((Principal::Agent(agent), false))
            }
        }
    }

    /// The session of the API, if it is one.
    pub fn session(&self) -> Option<&TokenHash> {
        match self {
            Self::Session(token) => Some(token),
            Self::Cookie(_) | Self::Proof(_) => None,
        }
    }

    /// What shows a session, of the API or of a browser.
    pub fn token(&self) -> Option<&TokenHash> {
        match self {
            Self::Session(token) | Self::Cookie(token) => Some(token),
            Self::Proof(_) => None,
        }
    }

    /// Extends the session, if it is one.
    pub fn extend(&self, tx: &mut Tx<'_>, now: i64) -> Result<(), Error> {
        match self {
            Self::Session(token) => sessions::extend(tx, token, now),
            Self::Cookie(token) => sessions::extend_in_browser(tx, token, now),
            Self::Proof(_) => Ok(()),
        }
    }

    /// Ends the session, if it is one.
    pub fn end(&self, tx: &mut Tx<'_>, now: i64) -> Result<(), Error> {
        match self {
            Self::Session(token) => sessions::end(tx, token),
            Self::Cookie(token) => sessions::end_in_browser(tx, token, now),
            Self::Proof(_) => Ok(()),
        }
    }
}

fn holder(tx: &mut Tx<'_>, session: Option<Session>, now: i64) -> Result<(Principal, bool), Refusal> {
    let session = session.ok_or(Code::NotAuthenticated)?;
    let principal = match sessions::holder(&session) {
        Some(Owner::Agent(id)) => agents::find(tx, &id)?.map(Principal::Agent),
        Some(Owner::Overseer(id)) => overseers::find(tx, &id)?.map(Principal::Overseer),
        None => None,
    };
    Ok((principal.ok_or(Code::NotAuthenticated)?, sessions::is_due(&session, now)))
}

impl Principal {
    /// The agent; an overseer's session does not count where an agent's is asked for.
    pub fn agent(&self) -> Result<&Agent, Refusal> {
        match self {
            Self::Agent(agent) => Ok(agent),
            Self::Overseer(_) => Err(Code::NotAuthenticated.into()),
        }
    }

    /// The overseer; an agent's session does not count where an overseer's is asked for.
    pub fn overseer(&self) -> Result<&Overseer, Refusal> {
        match self {
            Self::Overseer(overseer) => Ok(overseer),
            Self::Agent(_) => Err(Code::NotAuthenticated.into()),
        }
    }

    /// As the owner of clients.
    pub fn owner(&self) -> Owner {
        match self {
            Self::Agent(agent) => Owner::Agent(agent.id.clone()),
            Self::Overseer(overseer) => Owner::Overseer(overseer.id.clone()),
        }
    }
}
