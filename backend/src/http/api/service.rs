//! `/`, `/health`, `/ready`: what the server is, and whether it works.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::db::migrate;
use crate::http::dashboard::{Visitor, landing};
use crate::refusal::{Code, Refusal};

/// What this server is.
#[derive(Serialize, JsonSchema)]
pub struct Index {
    name: &'static str,
    version: &'static str,
    issuer: String,
    endpoints: Endpoints,
}

/// Where to go on.
#[derive(Serialize, JsonSchema)]
pub struct Endpoints {
    openapi: String,
    openid_configuration: String,
    jwks: String,
    register_agent: String,
    token: String,
}

/// It works.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// Always `ok`; anything else is an error.
    status: &'static str,
}

/// `GET /`: for browsers the landing page.
pub async fn index(State(app): State<App>, headers: HeaderMap, visitor: Visitor) -> Response {
    if landing::is_wanted(&headers) {
        return landing::page(&app, &visitor).await;
    }
    let issuer = &app.issuer;
    let index = Index {
        name: "Agent ID",
        version: env!("CARGO_PKG_VERSION"),
        endpoints: Endpoints {
            openapi: format!("{issuer}/openapi.json"),
            openid_configuration: format!("{issuer}/.well-known/openid-configuration"),
            jwks: format!("{issuer}/.well-known/jwks.json"),
            register_agent: format!("{issuer}/v1/agents/register/initiate"),
            token: format!("{issuer}/v1/oauth/token"),
        },
        issuer: issuer.clone(),
    };
    Json(index).into_response()
}

/// `GET /health`: the process is up.
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// `GET /ready`: the database answers, is migrated, and can be written.
pub async fn ready(State(app): State<App>) -> Result<Json<Health>, Refusal> {
    let is_migrated = app.db.read(migrate::is_current).await?;
    if !is_migrated || !app.db.is_writable().await {
        let sentence =
            "The database can not be written (is the disk full?), or another version of the server has changed it.";
        return Err(Refusal { retry_after: Some(1), ..Code::Unavailable.because(sentence) });
    }
    Ok(Json(Health { status: "ok" }))
}
