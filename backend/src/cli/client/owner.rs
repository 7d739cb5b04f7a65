//! Who owns clients: the agent of the profile, or the overseer who is logged in.

use anyhow::bail;
use clap::ValueEnum;

use crate::cli::agent::Identity;
use crate::cli::api_client::{Call, Server};
use crate::cli::overseer::{LoggedIn, Session};
use crate::cli::target::Target;

/// As whom to act.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OwnerType {
    /// The agent of the profile.
    Agent,
    /// The overseer who is logged in.
    Overseer,
}

/// An owner who can be asked to act.
pub enum Owner {
    /// By proofs of its key.
    Agent(Box<Identity>),
    /// By a session.
    Overseer(LoggedIn),
}

impl Owner {
    /// The owner that is asked for; without a wish, the overseer who is logged in, else the agent.
    pub fn open(target: &Target, wish: Option<OwnerType>) -> anyhow::Result<Self> {
        match wish {
            Some(OwnerType::Agent) => Ok(Self::Agent(Box::new(Identity::open(target)?))),
            Some(OwnerType::Overseer) => Ok(Self::Overseer(Session::open(target)?)),
            None => {
                if let Ok(overseer) = Session::open(target) {
                    return Ok(Self::Overseer(overseer));
                }
                match Identity::open(target) {
                    Ok(agent) => Ok(Self::Agent(Box::new(agent))),
                    Err(_) => bail!(
                        "a client has an owner, and nobody is here: log in with `agentid overseer login`, or register \
                         an agent with `agentid agent register`"
                    ),
                }
            }
        }
    }

    /// `agent` or `overseer`, as addresses say it.
    pub fn owner_type(&self) -> &'static str {
        match self {
            Self::Agent(_) => "agent",
            Self::Overseer(_) => "overseer",
        }
    }

    /// A call as the owner.
    pub fn call(&self, method: &'static str, path: &str) -> Call<'_> {
        match self {
            Self::Agent(agent) => agent.call(method, path),
            Self::Overseer(overseer) => overseer.call(method, path),
        }
    }

    /// The server that knows the owner.
    pub fn server(&self) -> Server {
        match self {
            Self::Agent(agent) => agent.server.clone(),
            Self::Overseer(overseer) => overseer.server(),
        }
    }
}
