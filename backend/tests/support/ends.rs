//! What ends whatever a client holds for an agent. The overseer answers for the agent and owns the client.

use serde_json::json;

use super::{Agent, Call, Client, Overseer, TestServer};

/// A refusal: status and error.
pub type Refusal = (u16, &'static str);

/// One of them.
pub struct End {
    pub name: &'static str,
    /// The call that does it, answered by 200.
    pub call: fn(&Cast) -> Call,
    /// The call that takes it back, where that can be. What has ended stays so.
    pub undo: Option<fn(&Cast) -> Call>,
    /// How a code is refused then.
    pub code: Refusal,
    /// How a refresh token is refused then.
    pub refresh: Refusal,
}

/// Who is in it.
pub struct Cast<'a> {
    pub server: &'a TestServer,
    pub agent: &'a Agent,
    pub overseer: &'a Overseer,
    pub client: &'a Client,
}

impl Cast<'_> {
    fn as_overseer(&self, method: &'static str, rest: &str) -> Call {
        self.overseer.call(self.server, method, &format!("/v1/overseers/agents/{}/{rest}", self.agent.id))
    }

    fn disable(&self, disabled: bool) -> Call {
        let call = self.overseer.call(self.server, "PUT", &self.client.path("/disabled"));
        call.json(&json!({ "disabled": disabled }))
    }
}

const GRANT: Refusal = (400, "invalid_grant");

pub const ENDS: [End; 8] = [
    End {
        name: "a block",
        call: |cast| cast.as_overseer("POST", "block-client").json(&json!({ "client_id": cast.client.id })),
        undo: Some(|cast| cast.as_overseer("DELETE", &format!("block-client/{}", cast.client.id))),
        code: GRANT,
        refresh: GRANT,
    },
    End {
        name: "the end of the tokens",
        call: |cast| cast.as_overseer("DELETE", &format!("tokens/{}", cast.client.id)),
        undo: None,
        code: GRANT,
        refresh: GRANT,
    },
    End {
        name: "a stop",
        call: |cast| cast.as_overseer("POST", "stop"),
        undo: Some(|cast| cast.as_overseer("DELETE", "stop")),
        code: GRANT,
        refresh: GRANT,
    },
    End {
        name: "the agent's withdrawal",
        call: |cast| cast.agent.call(cast.server, "DELETE", &format!("/v1/agents/me/consents/{}", cast.client.id)),
        undo: None,
        code: GRANT,
        refresh: GRANT,
    },
    End {
        name: "the overseer's withdrawal",
        call: |cast| cast.as_overseer("DELETE", &format!("consents/{}", cast.client.id)),
        undo: None,
        code: GRANT,
        refresh: GRANT,
    },
    End {
        name: "the client is disabled",
        call: |cast| cast.disable(true),
        undo: Some(|cast| cast.disable(false)),
        code: (400, "unauthorized_client"),
        refresh: GRANT,
    },
    End {
        name: "the client is deleted",
        call: |cast| cast.overseer.call(cast.server, "DELETE", &cast.client.path("")),
        undo: None,
        code: (401, "invalid_client"),
        refresh: (401, "invalid_client"),
    },
    End {
        name: "the agent is deleted",
        call: |cast| cast.agent.proven(cast.server, "DELETE", "/v1/agents/me"),
        undo: None,
        code: GRANT,
        refresh: GRANT,
    },
];
