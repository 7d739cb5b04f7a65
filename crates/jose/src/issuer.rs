//! The issuer identifier (OpenID Connect Core §2, RFC 8414 §2): the URL that every token names.

use std::fmt;
use std::net::SocketAddr;

use url::{Host, Url};

/// An issuer URL: no query, fragment or userinfo, and no slash at the end, so that
/// `{issuer}/oauth/token` is an address. Clients compare it byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// Parses and normalises: host in lower case, no default port, no trailing slash.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && matches!(url.scheme(), "http" | "https");
        plain.then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The issuer of a server that nobody gave another one: `http://` and the address it listens on.
    pub fn listening_on(address: SocketAddr) -> Self {
        let text = format!("http://{address}");
        // A link-local address with a scope is no URL; kept as it is, `is_protected` refuses it.
        Self::parse(&text).unwrap_or(Self(text))
    }

    /// The issuer as tokens carry it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is sent there can not be read on the way: `https://`, or it never leaves this machine.
    pub fn is_protected(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| {
            url.scheme() == "https"
                || match url.host() {
                    Some(Host::Domain(name)) => name == "localhost",
                    Some(Host::Ipv4(address)) => address.is_loopback(),
                    Some(Host::Ipv6(address)) => address.is_loopback(),
                    None => false,
                }
        })
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
