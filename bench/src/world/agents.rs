//! Agents, and how they register.

use serde_json::{Value, json};

use super::{ask, text};
use crate::call::{self, Draft, Request};
use crate::process::Process;
use crate::server::ISSUER;
use crate::sign::Key;

/// A registered agent.
pub struct Agent {
    /// What it is.
    pub key: Key,
    /// Another key, to which it binds tokens.
    pub proof_key: Key,
    /// Its id.
    pub id: String,
}

impl Agent {
    /// An assertion of its own.
    pub fn assertion(&self) -> String {
        self.key.assertion(&self.id, ISSUER)
    }

    /// A call with its proof.
    pub fn proven(&self, server: &Process, path: &str) -> Draft {
        let proof = self.key.proof("POST", &format!("{ISSUER}{path}"));
        call::post(server.address, path).header("dpop", &proof)
    }
}

/// Registers as many.
pub(super) async fn register(server: &Process, count: usize) -> anyhow::Result<Vec<Agent>> {
    let keys = keys(count)?;
    let begun = ask(server, keys.iter().map(|key| initiation(server, key)).collect::<Result<_, _>>()?).await?;
    let completions = keys.iter().zip(&begun).map(|(key, challenge)| completion(server, key, challenge));
    let registered = ask(server, completions.collect::<Result<_, _>>()?).await?;
    let agents = keys.into_iter().zip(&registered).map(|(key, answer)| {
        let id = text(answer.get("agent").unwrap_or(&Value::Null), "id")?;
        Ok(Agent { key, proof_key: Key::generate()?, id })
    });
    agents.collect()
}

/// New keys.
pub fn keys(count: usize) -> anyhow::Result<Vec<Key>> {
    (0..count).map(|_| Key::generate()).collect()
}

/// The first half of a registration.
pub fn initiation(server: &Process, key: &Key) -> anyhow::Result<Request> {
    let body = json!({ "name": "bench agent", "public_key": key.public() });
    call::post(server.address, "/v1/agents/register/initiate").json(&body)
}

/// The second half; `challenge` is the answer to the first.
pub fn completion(server: &Process, key: &Key, challenge: &Value) -> anyhow::Result<Request> {
    let path = format!("/v1/agents/register/complete/{}", text(challenge, "challenge_id")?);
    let signature = key.signature(&text(challenge, "challenge_data")?);
    call::post(server.address, &path).json(&json!({ "signature": signature }))
}
