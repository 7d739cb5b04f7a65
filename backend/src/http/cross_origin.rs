//! Requests of pages elsewhere (Fetch, CORS protocol): what brings no cookie along is open to any of them, discovery and what
//! takes tokens. Nothing that a cookie counts for is among it.
//!
//! A layer around these routes would cost each of their requests, so this is looked at only where a page calls.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::{Any, CorsLayer};

/// Open to any page.
const OPEN: [&str; 9] = [
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/v1/oauth/.well-known/openid-configuration",
    "/v1/oauth/par",
    "/v1/oauth/revocations",
    "/v1/oauth/revoke",
    "/v1/oauth/token",
    "/v1/oauth/userinfo",
];

/// Answers. A page that asks first is told what it may send, and one that calls may read the answer.
pub async fn run(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::ORIGIN) || !OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let answer = service_fn(move |request| {
        let next = next.clone();
        async move { Ok::<_, Infallible>(next.run(request).await) }
    });
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("dpop")])
        .expose_headers([header::WWW_AUTHENTICATE, HeaderName::from_static("dpop-nonce")])
        .max_age(Duration::from_secs(3600));
    match cors.layer(answer).oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}
