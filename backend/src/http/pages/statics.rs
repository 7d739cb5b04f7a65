//! The style sheet and the script of the pages, which are part of the program.

use axum::http::{HeaderName, header};
use axum::response::IntoResponse;

const STYLE: &str = include_str!("../../../static/style.css");
const SCRIPT: &str = include_str!("../../../static/page.js");
const KEPT: (HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");

/// `GET /static/style.css`
pub async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), KEPT], STYLE)
}

/// `GET /static/page.js`
pub async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), KEPT], SCRIPT)
}
