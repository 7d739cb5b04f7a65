//! How a key becomes an agent: two steps, of which the second is signed.

use agentid_jose::clock::Clock;
use agentid_jose::ed25519::SigningKey;
use serde_json::{Value, json};

use crate::challenge::{Challenge, Expected};
use crate::error::CallError;
use crate::http::Server;

/// Registers the agent that is this key; the server's answer has `agent` and `session_id`.
///
/// # Errors
/// The server's refusal (`public_key_taken`, …), and [`CallError::UnsafeChallenge`].
pub fn register(
    server: &Server,
    key: &SigningKey,
    name: &str,
    description: Option<&str>,
    clock: &Clock,
) -> Result<Value, CallError> {
    let public_key = key.public_key().to_base64url();
    let body = json!({ "name": name, "public_key": public_key, "description": description });
    let initiated = server.call("POST", "/v1/agents/register/initiate").json(&body).send()?.accept()?;
    let challenge = Challenge::of(&initiated)?;
    let mut own = vec![("public_key", public_key.as_str()), ("name", name.trim())];
    own.extend(description.map(|description| ("description", description)));
    let expected = Expected { purpose: "register", issuer: server.issuer(), own: &own };
    let signature = challenge.sign(&expected, key, clock.now())?;
    let path = format!("/v1/agents/register/complete/{}", challenge.id());
    server.call("POST", &path).json(&json!({ "signature": signature })).send()?.accept()
}
