//! `/v1/clients/{client_id}/key` and `secret`: what a client authenticates with is replaced.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::registration::{JwkSet, keys};
use super::view::{ClientPath, IssuedClient, OneClient};
use crate::app::App;
use crate::crypto::key_input::KeyInput;
use crate::http::extract::{At, JsonBody, OwnerCaller};
use crate::identity::security_log::CalledFrom;
use crate::oauth::clients::management;
use crate::oauth::clients::registration::Keys;
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// What takes the old keys' place: exactly one of the three.
#[derive(Deserialize, JsonSchema)]
pub struct NewKey {
    public_key: Option<KeyInput>,
    /// As at registration.
    jwks: Option<JwkSet>,
    /// As at registration.
    jwks_uri: Option<String>,
}

impl NewKey {
    /// The keys, in one of the three ways.
    pub fn keys(self) -> Result<Keys, Refusal> {
        let keys = keys(self.public_key, self.jwks, self.jwks_uri)?;
        keys.ok_or_else(|| Code::InvalidField.because("Send `public_key`, `jwks` or `jwks_uri`."))
    }
}

/// `PUT /v1/clients/{client_id}/key`
pub async fn set_key(
    State(app): State<App>,
    At(ClientPath { client_id }): At<ClientPath>,
    caller: OwnerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<NewKey>,
) -> Result<Json<OneClient>, Refusal> {
    let caller = caller.by_more_than_a_cookie()?;
    let keys = body.keys()?;
    let rules = app.clone();
    let write = caller.write(&app, move |tx, principal| {
        management::set_keys(tx, principal, &client_id, &keys, &rules.client_rules(), &from)
    });
    Ok(OneClient::json(&write.await?))
}

/// `POST /v1/clients/{client_id}/secret`
pub async fn new_secret(
    State(app): State<App>,
    At(ClientPath { client_id }): At<ClientPath>,
    caller: OwnerCaller,
    from: CalledFrom,
) -> Result<Json<IssuedClient>, Refusal> {
    let caller = caller.by_more_than_a_cookie()?;
    let secret = PlainToken::generate(app.random);
    let hash = secret.hash();
    let write =
        caller.write(&app, move |tx, principal| management::set_secret(tx, principal, &client_id, &hash, &from));
    let client = write.await?;
    Ok(Json(IssuedClient::new(&client, Some(secret.expose().to_owned()))))
}
