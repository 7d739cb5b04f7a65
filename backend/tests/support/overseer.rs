//! A human with an account.

use serde_json::json;

use super::agent::unique;
use super::{Agent, Answer, Call, TestServer};

/// A good password.
pub const PASSWORD: &str = "a harbour full of green lanterns";

/// An overseer who is logged in.
pub struct Overseer {
    pub id: String,
    pub email: String,
    pub session: String,
}

impl Overseer {
    pub fn register(server: &TestServer) -> Self {
        let email = format!("{}@example.org", unique().to_lowercase());
        let body = json!({ "name": "Test Overseer", "email": email, "password": PASSWORD });
        let answer = server.post("/v1/overseers/register").json(&body).send().expect(201);
        let id = answer.json()["overseer"]["id"].as_str().unwrap().to_owned();
        Self { id, email, session: answer.text_of("session_id") }
    }

    /// Logged in again, after a long time.
    pub fn again(&self, server: &TestServer) -> Self {
        let body = json!({ "email": self.email, "password": PASSWORD });
        let session = server.post("/v1/overseers/login").json(&body).send().expect(200).text_of("session_id");
        Self { session, id: self.id.clone(), email: self.email.clone() }
    }

    /// A call as this overseer.
    pub fn call(&self, server: &TestServer, method: &'static str, path: &str) -> Call {
        Call::new(method, &server.origin(), path).session(&self.session)
    }

    /// The first half of a claim.
    pub fn claim(&self, server: &TestServer, agent: &Agent) -> Answer {
        self.call(server, "POST", "/v1/agents/claim/initiate").json(&json!({ "agent_id": agent.id })).send()
    }

    /// A whole claim: the agent agrees.
    pub fn oversee(&self, server: &TestServer, agent: &Agent) {
        let claim = self.claim(server, agent).expect(200);
        self.accept(server, agent, &claim.text_of("challenge_id")).expect(200);
    }

    /// The agent agrees to this overseer.
    pub fn accept(&self, server: &TestServer, agent: &Agent, challenge_id: &str) -> Answer {
        let path = format!("/v1/agents/claim/complete/{challenge_id}");
        let body = json!({ "overseer_id": self.id });
        server.post(&path).session(&agent.session).json(&body).send()
    }

    pub fn stop(&self, server: &TestServer, agent: &Agent) -> Answer {
        self.call(server, "POST", &format!("/v1/overseers/agents/{}/stop", agent.id)).send()
    }

    pub fn resume(&self, server: &TestServer, agent: &Agent) -> Answer {
        self.call(server, "DELETE", &format!("/v1/overseers/agents/{}/stop", agent.id)).send()
    }
}
