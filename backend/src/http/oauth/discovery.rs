//! What others read to work with this server: the discovery document and the keys. Both may be kept for
//! a while, and by anybody's browser.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::App;
use crate::oauth::{metadata, signing_keys};

/// `GET /.well-known/openid-configuration` and its other addresses
pub async fn document(State(app): State<App>) -> Response {
    cacheable(metadata::document(&app.issuer, app.policy))
}

/// `GET /.well-known/jwks.json`
pub async fn jwks(State(app): State<App>) -> Response {
    cacheable(app.signing_keys.jwks(app.clock.now()))
}

fn cacheable(document: Value) -> Response {
    let max_age = format!("public, max-age={}", signing_keys::JWKS_MAX_AGE);
    ([(header::CACHE_CONTROL, max_age)], Json(document)).into_response()
}
