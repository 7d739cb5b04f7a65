//! `/v1/overseers/{id}/clients`: the clients of an overseer and of the agents they answer for.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::agents::{Cancellation, OverseerPath, must_be_self};
use crate::app::App;
use crate::db::schema::oauth_clients;
use crate::http::api::clients::view::Clients;
use crate::http::api::view::Done;
use crate::http::extract::{At, JsonBody, OverseerCaller};
use crate::id::ClientId;
use crate::oauth::clients::management;
use crate::refusal::Refusal;

/// The overseer and the client that an address names.
#[derive(Deserialize, JsonSchema)]
pub struct OverseerClientPath {
    /// `me`, or one's own id.
    id: String,
    client_id: ClientId,
}

/// `GET /v1/overseers/{id}/clients`
pub async fn list(
    State(app): State<App>,
    caller: OverseerCaller,
    At(path): At<OverseerPath>,
) -> Result<Json<Clients>, Refusal> {
    let read = caller.read(&app, move |tx, overseer| {
        must_be_self(overseer, &path.id)?;
        Ok(oauth_clients::of_overseer(tx, &overseer.id)?)
    });
    Ok(Clients::json(&read.await?))
}

/// `PUT /v1/overseers/{id}/clients/{client_id}/cancellation`
pub async fn mark(
    State(app): State<App>,
    caller: OverseerCaller,
    At(path): At<OverseerClientPath>,
    JsonBody(body): JsonBody<Cancellation>,
) -> Result<Json<Done>, Refusal> {
    let mark = caller.write(&app, move |tx, overseer| {
        must_be_self(overseer, &path.id)?;
        management::mark_for_cancellation(tx, &overseer.id, &path.client_id, body.marked_for_cancellation)
    });
    mark.await?;
    Ok(Done::json())
}
