//! What a caller shows, and who that is. A credential is turned into an agent or overseer inside the
//! transaction that acts on it, so that what was true when checked is true when acted upon.

use crate::db::Tx;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::overseers::{self, Overseer};
use crate::identity::dpop::Proof;
use crate::identity::sessions;
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// How an agent shows who it is.
#[derive(Clone)]
pub enum AgentCredential {
    /// A session.
    Session(TokenHash),
    /// A proof by the agent's own key.
    Proof(Proof),
}

impl AgentCredential {
    /// The agent. A proof is spent by this: keep the transaction even when the action is refused.
    pub fn authenticate(&self, tx: &mut Tx<'_>, now: i64) -> Result<Agent, Refusal> {
        match self {
            Self::Session(token) => {
                let id = sessions::agent_id(tx, token, now)?.ok_or(Code::NotAuthenticated)?;
                agents::find(tx, &id)?.ok_or_else(|| Code::NotAuthenticated.into())
            }
            Self::Proof(proof) => {
                let agent = agents::find_by_key(tx, &proof.key)?.ok_or(Code::NotAuthenticated)?;
                if !proof.spent.spend(tx)? {
                    return Err(Code::ProofReplayed.into());
                }
                Ok(agent)
            }
        }
    }
}

/// How an overseer shows who they are: a session.
#[derive(Clone)]
pub struct OverseerCredential(pub TokenHash);

impl OverseerCredential {
    /// The overseer, and whether their session is due to be extended.
    pub fn authenticate(&self, tx: &mut Tx<'_>, now: i64) -> Result<(Overseer, bool), Refusal> {
        let (id, session) = sessions::of_overseer(tx, &self.0, now)?.ok_or(Code::NotAuthenticated)?;
        let overseer = overseers::find(tx, &id)?.ok_or(Code::NotAuthenticated)?;
        Ok((overseer, sessions::is_due(&session, now)))
    }

    /// Extends the session from now, if it is due.
    pub fn extend(&self, tx: &mut Tx<'_>, now: i64) -> Result<(), Refusal> {
        if let Some((_, session)) = sessions::of_overseer(tx, &self.0, now)?
            && sessions::is_due(&session, now)
        {
            sessions::extend(tx, &session, now)?;
        }
        Ok(())
    }
}
