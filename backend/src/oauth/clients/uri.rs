//! What holds for every URI that a client registers.

use url::{Host, Url};

/// The longest, in bytes.
const LONGEST: usize = 512;

/// An absolute URI, written as browsers write it: nothing in it is read differently by somebody else. That refuses
/// dot segments, `%2e`, backslashes, `127.1` for 127.0.0.1, capitals in a host, an empty user, a default port. Also
/// without a user, a fragment (RFC 6749 section 3.1.2) and a wildcard.
pub fn parse(text: &str) -> Option<Url> {
    let is_plain = text.chars().all(|character| character.is_ascii_graphic());
    if !is_plain || text.len() > LONGEST || text.contains(['#', '*', '\\']) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    // The path of a whole origin may be left out.
    let is_normal = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
    let has_user = !url.username().is_empty() || url.password().is_some();
    (is_normal && !has_user).then_some(url)
}

/// Whether it is on this machine: the three hosts that RFC 8252 section 7.3 and 8.3 name.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
