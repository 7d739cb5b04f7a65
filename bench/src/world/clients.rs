//! Two clients of one agent: one with a key (`private_key_jwt`), one with a secret (`client_secret_basic`).

use serde_json::{Value, json};

use super::{Agent, text};
use crate::call::{self, Draft};
use crate::load::Load;
use crate::process::Process;
use crate::server::ISSUER;
use crate::sign::Key;

/// Where codes are sent.
pub const REDIRECT_URI: &str = "http://127.0.0.1:9999/callback";
/// The only `client_assertion_type` (RFC 7523).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The clients.
pub struct Clients {
    key: Key,
    /// The id of the one with a key.
    pub with_key: String,
    /// The id of the one with a secret.
    pub with_secret: String,
    secret: String,
}

impl Clients {
    /// An assertion of the one with a key.
    pub fn assertion(&self) -> String {
        self.key.assertion(&self.with_key, ISSUER)
    }

    /// A call with the other one's secret.
    pub fn by_secret(&self, server: &Process, path: &str) -> Draft {
        call::post(server.address, path).basic(&self.with_secret, &self.secret)
    }
}

/// Registers both; `None` when the server can not do that yet.
pub(super) async fn register(server: &Process, owner: &Agent) -> anyhow::Result<Option<Clients>> {
    let key = Key::generate()?;
    let Some(with_key) = try_register(server, owner, &json!({ "public_key": key.public() })).await? else {
        return Ok(None);
    };
    let method = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    let Some(with_secret) = try_register(server, owner, &method).await? else { return Ok(None) };
    let id = |answer: &Value| text(answer.get("client").unwrap_or(&Value::Null), "id");
    let secret = text(&with_secret, "client_secret")?;
    Ok(Some(Clients { key, with_key: id(&with_key)?, with_secret: id(&with_secret)?, secret }))
}

pub(super) async fn try_register(server: &Process, owner: &Agent, more: &Value) -> anyhow::Result<Option<Value>> {
    let mut body = json!({
        "name": "bench client",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
    });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    let request = owner.proven(server, "/v1/clients/register/agent").json(&body)?;
    let round = Load::everything().run(server, vec![request]).await?;
    match (round.answers.first(), round.errors.first_key_value()) {
        (Some(answer), _) => Ok(Some(serde_json::from_slice(&answer.body)?)),
        (None, Some((error, _))) if error.starts_with("404") => Ok(None),
        (None, error) => anyhow::bail!("no client can be registered: {error:?}"),
    }
}
