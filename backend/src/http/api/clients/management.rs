//! `/v1/clients/{client_id}` and `/v1/clients/list`: owners look at their clients, change and delete them.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::OwnerPath;
use super::registration::have_signing_keys;
use super::view::{ClientPath, Clients, OneClient};
use crate::app::App;
use crate::db::schema::oauth_clients::{self, ClientProfile, GrantType};
use crate::http::api::view::Done;
use crate::http::extract::{At, JsonBody, OwnerCaller};
use crate::identity::security_log::CalledFrom;
use crate::oauth::clients::management::{self, Change};
use crate::oauth::clients::metadata;
use crate::refusal::Refusal;

/// What changes; what is left out stays. Null is a value of `scope` alone.
#[derive(Deserialize, JsonSchema)]
pub struct UpdateClient {
    /// 1 to 100 characters, any script.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    name: Option<String>,
    /// As at registration.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    redirect_uris: Option<Vec<String>>,
    /// Space-separated; null for anything.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    scope: Option<Option<String>>,
    /// As at registration.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<GrantType>")]
    grant_types: Option<Vec<GrantType>>,
    /// As at registration.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    resources: Option<Vec<String>>,
    /// It gets no token without a DPoP proof.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    dpop_bound_access_tokens: Option<bool>,
    /// It may ask only for what it has pushed.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    require_pushed_authorization_requests: Option<bool>,
    /// As at registration; null for none. Who takes it on takes on what it asks for.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ClientProfile>")]
    profile: Option<Option<ClientProfile>>,
    /// As at registration.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    id_token_signed_response_alg: Option<String>,
    /// As at registration; null for JSON.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    userinfo_signed_response_alg: Option<Option<String>>,
    /// As at registration.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    post_logout_redirect_uris: Option<Vec<String>>,
    /// As at registration; null for nowhere.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    backchannel_logout_uri: Option<Option<String>>,
}

/// Whether the client is to be off.
#[derive(Deserialize, JsonSchema)]
pub struct Disabling {
    disabled: bool,
    /// At most 500 characters.
    reason: Option<String>,
}

/// `GET /v1/clients/list/{owner_type}`
pub async fn list(
    State(app): State<App>,
    At(OwnerPath { owner_type }): At<OwnerPath>,
    caller: OwnerCaller,
) -> Result<Json<Clients>, Refusal> {
    let read = caller.read(&app, move |tx, principal| {
        owner_type.must_be_that_of(principal)?;
        Ok(oauth_clients::of_owner(tx, &principal.owner())?)
    });
    Ok(Clients::json(&read.await?))
}

/// `GET /v1/clients/{client_id}`
pub async fn show(
    State(app): State<App>,
    At(ClientPath { client_id }): At<ClientPath>,
    caller: OwnerCaller,
) -> Result<Json<OneClient>, Refusal> {
    let client =
        caller.read(&app, move |tx, principal| management::visible(tx, &principal.owner(), &client_id)).await?;
    Ok(OneClient::json(&client))
}

/// `PATCH /v1/clients/{client_id}`
pub async fn update(
    State(app): State<App>,
    At(ClientPath { client_id }): At<ClientPath>,
    caller: OwnerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<UpdateClient>,
) -> Result<Json<OneClient>, Refusal> {
    // Codes are sent there.
    let caller = if body.redirect_uris.is_some() { caller.by_more_than_a_cookie()? } else { caller };
    let rules = app.clone();
    let change = body.change()?;
    let write = caller.write(&app, move |tx, principal| {
        management::change(tx, principal, &client_id, &change, &rules.client_rules(), &from)
    });
    let client = write.await?;
    have_signing_keys(&app, &client).await;
    Ok(OneClient::json(&client))
}

/// `PUT /v1/clients/{client_id}/disabled`
pub async fn disable(
    State(app): State<App>,
    At(ClientPath { client_id }): At<ClientPath>,
    caller: OwnerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<Disabling>,
) -> Result<Json<OneClient>, Refusal> {
    let reason = body.reason.as_deref().map(metadata::reason).transpose()?.flatten();
    let tiers = app.tiers.clone();
    let write = caller.write(&app, move |tx, principal| {
        management::set_disabled(tx, principal, &client_id, (body.disabled, reason.as_deref()), &tiers, &from)
    });
    Ok(OneClient::json(&write.await?))
}

/// `DELETE /v1/clients/{client_id}`
pub async fn delete(
    State(app): State<App>,
    At(ClientPath { client_id }): At<ClientPath>,
    caller: OwnerCaller,
    from: CalledFrom,
) -> Result<Json<Done>, Refusal> {
    let caller = caller.by_more_than_a_cookie()?;
    caller.write(&app, move |tx, principal| management::delete(tx, principal, &client_id, &from)).await?;
    Ok(Done::json())
}

impl UpdateClient {
    fn change(self) -> Result<Change, Refusal> {
        let id_token = self.id_token_signed_response_alg;
        let id_token = id_token.map(|name| metadata::signed_with("id_token_signed_response_alg", &name)).transpose()?;
        let userinfo = self
            .userinfo_signed_response_alg
            .map(|name| name.map(|name| metadata::signed_with("userinfo_signed_response_alg", &name)).transpose());
        Ok(Change {
            name: self.name,
            redirect_uris: self.redirect_uris,
            scope: self.scope,
            grant_types: self.grant_types,
            resources: self.resources,
            dpop_bound_access_tokens: self.dpop_bound_access_tokens,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests,
            profile: self.profile,
            id_token_signed_response_alg: id_token,
            userinfo_signed_response_alg: userinfo.transpose()?,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            backchannel_logout_uri: self.backchannel_logout_uri,
        })
    }
}

/// A member that is there, be it null: serde alone reads null as absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
