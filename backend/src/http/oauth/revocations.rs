//! `GET /v1/oauth/revocations`: the signed list of revoked tokens, for anybody who verifies offline.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
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
pub async fn list(
    State(app): State<App>,
    InQuery(query): InQuery<Since>,
    known: HeaderMap,
) -> Result<Response, Refusal> {
    let (since, now) = (query.since.unwrap_or(0).max(0), app.clock.now());
    let page = app.db.read(move |tx| -> Result<Page, db::Error> { revocation_list::page(tx, since, now) }).await?;
    let mark = revocation_list::mark(&page, since, now);
    let is_known = has_mark(&known, &mark);
    let headers = [
        (header::ETAG, mark),
        (header::CACHE_CONTROL, format!("public, max-age={MAX_AGE}")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let list = revocation_list::sign(&page, since, &app.issuer, &app.signing_keys, &app.clock);
    let list = list.ok_or_else(|| Code::Unavailable.retry_after(1))?;
    Ok((headers, [(header::CONTENT_TYPE, "application/jwt")], list).into_response())
}

/// RFC 9110 section 13.1.2: of several marks one is enough, and weak ones count.
fn has_mark(headers: &HeaderMap, mark: &str) -> bool {
    let marks = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    marks.flat_map(|value| value.split(',')).any(|known| [mark, "*"].contains(&known.trim()))
}
