//! `GET /v1/oauth/revocations`: the signed list of revoked tokens, for anybody who verifies offline.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::app::App;
use crate::db;
use crate::http::extract::InQuery;
use crate::oauth::revocation_list::{self, MAX_AGE, Page};
use crate::refusal::{Code, Refusal};

/// From when on.
#[derive(Deserialize, JsonSchema)]
pub struct Since {
    /// Unix seconds: `next` of the list before. Everything that has not expired, when left out.
    since: Option<i64>,
}

/// `GET /v1/oauth/revocations`
pub async fn list(State(app): State<App>, InQuery(query): InQuery<Since>) -> Result<Response, Refusal> {
    let (since, now) = (query.since.unwrap_or(0).max(0), app.clock.now());
    let page = app.db.read(move |tx| -> Result<Page, db::Error> { revocation_list::page(tx, since, now) }).await?;
    let list = revocation_list::sign(&page, since, &app.issuer, &app.signing_keys, &app.clock);
    let list = list.ok_or_else(|| Code::Unavailable.retry_after(1))?;
    let headers = [
        (header::CONTENT_TYPE, "application/jwt".to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={MAX_AGE}")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ];
    Ok((headers, list).into_response())
}
