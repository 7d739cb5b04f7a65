//! A range of IP addresses, for saying which proxies are trusted.

use std::fmt;
use std::net::IpAddr;

use super::value::{Kind, Value};

/// An IP network in CIDR notation, or a single address: `10.0.0.0/8`, `::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Parses `10.0.0.0/8` or `10.0.0.1`. An address with bits set beyond its prefix is refused, for
    /// whoever writes `10.1.2.3/8` may have meant one host; so is IPv4 written as IPv6, which
    /// [`Network::contains`] would never meet.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(widest);
        let proper = prefix <= widest && bits(address).trailing_zeros() >= 128 - prefix;
        (proper && address == address.to_canonical()).then_some(Self { address, prefix })
    }

    /// Whether the address lies in this network. A socket that serves both families shows an IPv4
    /// peer as `::ffff:10.0.0.1`; it counts as `10.0.0.1`.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let differing = bits(address) ^ bits(self.address);
        address.is_ipv4() == self.address.is_ipv4() && differing.leading_zeros() >= self.prefix
    }
}

/// The address's bits, from the left.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix)
    }
}

impl Value for Vec<Network> {
    const ACCEPTS: &str = "a list of IP addresses or networks, such as 10.0.0.0/8, whose bits beyond the prefix are 0";
    const KIND: Kind = Kind::List;

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::new());
        }
        text.split(',').map(|network| Network::parse(network.trim())).collect()
    }

    fn text(&self) -> String {
        self.iter().map(Network::to_string).collect::<Vec<_>>().join(",")
    }
}
