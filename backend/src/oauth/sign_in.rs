//! How an agent came to authorize a client: when somebody signed in, how, and whether it was the agent itself.

use serde::Serialize;

use crate::id::OverseerId;

/// `amr` of an agent that proved its key (RFC 8176 section 2).
pub const PROOF_OF_POSSESSION: &str = "pop";
/// `amr` of an overseer who gave their password.
pub const PASSWORD: &str = "pwd";

/// A sign-in. All is unknown of those from before it was kept.
#[derive(Clone, Default)]
pub struct SignIn {
    /// Unix seconds.
    pub at: Option<i64>,
    /// Space-separated values of RFC 8176.
    pub methods: Option<String>,
    /// The overseer who picked the agent; `None` when it was the agent itself.
    pub actor_id: Option<OverseerId>,
}

/// Who acted for the agent (RFC 8693 section 4.1).
#[derive(Serialize)]
pub struct Actor<'a> {
    sub: &'a OverseerId,
}

impl SignIn {
    /// The agent's own, by its key.
    pub fn by_agent(at: i64) -> Self {
        Self { at: Some(at), methods: Some(PROOF_OF_POSSESSION.to_owned()), actor_id: None }
    }

    /// The claim `act`.
    pub fn actor(&self) -> Option<Actor<'_>> {
        self.actor_id.as_ref().map(|sub| Actor { sub })
    }
}
