//! A server on loopback answers only to its own names: a page on the web that points its own name at
//! 127.0.0.1 (DNS rebinding) is refused with 421 (RFC 9110 section 15.5.20).

use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::cross_origin;
use crate::app::App;
use crate::refusal::{Code, Refusal};

/// Lets a request pass unless its `Host` is foreign to a loopback server.
pub async fn refuse_foreign(app: &App, request: Request, next: Next) -> Response {
    let is_loopback = app.config.server.listen.ip().is_loopback();
    let host = request.headers().get(header::HOST).map(|value| value.to_str().unwrap_or_default());
    match host {
        Some(host) if is_loopback && !is_plain(host) && !is_own(host, &app.issuer) => {
            Refusal::from(Code::WrongHost).into_response()
        }
        Some(_) | None => cross_origin::run(request, next).await,
    }
}

/// The names that nearly every caller uses, told without the URL parser.
fn is_plain(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    matches!(name.map_or(host, |(name, _)| name), "127.0.0.1" | "localhost" | "[::1]")
}

fn is_own(host: &str, issuer: &str) -> bool {
    // What is nearly always sent needs no parser.
    if issuer.strip_prefix("http://") == Some(host) {
        return true;
    }
    // The URL parser knows where a port begins, also after an IPv6 address.
    let Some(name) = Url::parse(&format!("http://{host}")).ok().and_then(|url| url.host_str().map(str::to_owned))
    else {
        return false;
    };
    let own = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    ["localhost", "127.0.0.1", "[::1]"].contains(&name.as_str()) || own.as_deref() == Some(name.as_str())
}
