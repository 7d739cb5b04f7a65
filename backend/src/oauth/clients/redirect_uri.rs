//! Redirect URIs: where an agent may be sent back to (RFC 9700 section 2.1, RFC 8252 section 7).

use url::{Host, Url};

use crate::db::schema::oauth_clients::{ApplicationType, OauthClient};

/// The longest, in bytes.
pub const LONGEST: usize = 512;

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
pub fn is_allowed(uri: &str, application_type: ApplicationType) -> bool {
    let is_plain = uri.chars().all(|character| character.is_ascii_graphic());
    if !is_plain || uri.len() > LONGEST || uri.contains(['#', '*', '\\']) {
        return false;
    }
    let Ok(url) = Url::parse(uri) else { return false };
    let has_dot_segments = uri.contains("/..") || uri.contains("/./") || uri.to_ascii_lowercase().contains("%2e");
    if has_dot_segments || !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(&url),
        // RFC 8252 section 7.1: the reverse of a domain name that its maker has. It keeps out `javascript:`, too.
        scheme => application_type == ApplicationType::Native && scheme.contains('.'),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
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
