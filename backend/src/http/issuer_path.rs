//! An issuer with a path: the server answers below that path, and also without it, for a proxy may take it away. RFC 8414
//! section 3 puts the path behind the well-known name, OpenID Connect Discovery section 4 before it; both are answered.

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use tower::ServiceBuilder;
use tower::util::MapRequestLayer;

const WELL_KNOWN: [&str; 2] = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

/// The service below the issuer's path; without one, as it is.
pub fn serve_below(path: &str, service: Router) -> Router {
    if path.is_empty() {
        return service;
    }
    let path = path.to_owned();
    let strip = MapRequestLayer::new(move |mut request: Request| {
        if let Some(uri) = without(&path, request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    });
    Router::new().fallback_service(ServiceBuilder::new().layer(strip).service(service))
}

/// The address without the issuer's path; `None` when it does not have it.
fn without(path: &str, uri: &Uri) -> Option<Uri> {
    let asked = uri.path();
    let below = asked.strip_prefix(path).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let rest = below.or_else(|| asked.strip_suffix(path).filter(|name| WELL_KNOWN.contains(name)))?;
    let rest = if rest.is_empty() { "/" } else { rest };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{rest}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}
