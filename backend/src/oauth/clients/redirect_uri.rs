//! Redirect URIs: where an agent may be sent back to (RFC 9700 section 2.1, RFC 8252 section 7).

use url::{Host, Origin, Url};

use super::uri;
use crate::db::schema::oauth_clients::{ApplicationType, OauthClient};

/// Whether the client may be answered at this address: compared as exact strings, so that no reading of the
/// URI differs from the browser's. Of a native application's loopback address the port may differ (RFC 8252
/// section 7.3), for it is given one when it starts.
pub fn is_registered(client: &OauthClient, requested: &str) -> bool {
    let registered = client.redirect_uris.items();
    if registered.iter().any(|uri| uri == requested) {
        return true;
    }
    let is_native = client.application_type == ApplicationType::Native;
    let Some(wanted) = loopback_without_port(requested).filter(|_| is_native) else { return false };
    registered.iter().any(|uri| loopback_without_port(uri).as_deref() == Some(&wanted))
}

/// Whether a client may register this address.
pub fn is_allowed(text: &str, application_type: ApplicationType) -> bool {
    let Some(url) = uri::parse(text) else { return false };
    match url.scheme() {
        "https" => url.has_host(),
        "http" => uri::is_loopback(&url),
        // RFC 8252 section 7.1: the reverse of a domain name that its maker has. It keeps out `javascript:`, too.
        scheme => application_type == ApplicationType::Native && scheme.contains('.'),
    }
}

/// Whom a person goes back to: the host; or the scheme of a native application, for what looks like a host behind it is
/// nobody's (RFC 8252 section 7.1).
pub fn host(uri: &str) -> String {
    let Ok(url) = Url::parse(uri) else { return uri.to_owned() };
    match (url.scheme(), url.host_str(), url.port()) {
        ("http" | "https", Some(host), Some(port)) => format!("{host}:{port}"),
        ("http" | "https", Some(host), None) => host.to_owned(),
        (scheme, _, _) => format!("{scheme}:"),
    }
}

/// What a page's `form-action` must name for a form's answer to lead there (Content Security Policy Level 3 section 6.4.1):
/// the address, and what the application may send the browser on to. Browsers hold every step of a chain that began with a
/// form against the policy, and an application behind a broker, or with its pages on another host, is a step further.
pub fn form_action(uri: &str) -> String {
    let Ok(url) = Url::parse(uri) else { return String::new() };
    let own = match url.origin() {
        // A source can not be an IPv6 address.
        origin @ Origin::Tuple(_, Host::Domain(_) | Host::Ipv4(_), _) => format!("{} ", origin.ascii_serialization()),
        Origin::Tuple(_, Host::Ipv6(_), _) | Origin::Opaque(_) => String::new(),
    };
    match url.scheme() {
        "https" => format!("{own}https:"),
        scheme => format!("{own}{scheme}: https:"),
    }
}

/// The address as it stands, but for its port; `None` when it is not a loopback address.
fn loopback_without_port(uri: &str) -> Option<String> {
    let hosts = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
    let (host, rest) = hosts.iter().find_map(|host| Some((*host, uri.strip_prefix(host)?)))?;
    let after_port = match rest.strip_prefix(':') {
        Some(rest) => {
            let port = rest.split('/').next().unwrap_or_default();
            port.parse::<u16>().ok().filter(|_| port.bytes().all(|byte| byte.is_ascii_digit()))?;
            rest.strip_prefix(port)?
        }
        None => rest,
    };
    (after_port.is_empty() || after_port.starts_with('/')).then(|| format!("{host}{after_port}"))
}
