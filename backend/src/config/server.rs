//! `[server]`: where the server listens and how the world reaches it.

use std::net::{Ipv4Addr, SocketAddr};

use super::error::Rule;
use super::section::section;
use super::{Issuer, Network};

section! {
    /// Where the server listens and how the world reaches it.
    "server" => Server {
        /// The address and port to listen on; beyond this machine only behind `server.trusted_proxies`.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8787));
        /// The URL under which clients reach the server, as every token names it.
        issuer: Issuer = Issuer::listening_on(listen) => "http:// and server.listen";
        /// The addresses and networks of the proxies that end TLS, whose `X-Forwarded-For` counts.
        trusted_proxies: Vec<Network> = Vec::new();
        /// The most connections open at a time.
        max_connections: u32 = 4096;
    }
}

impl Server {
    pub(super) fn check(&self) -> Result<(), Rule> {
        if !self.listen.ip().to_canonical().is_loopback() && self.trusted_proxies.is_empty() {
            return Err(Rule::new(
                "server.listen",
                "a loopback address, or server.trusted_proxies set as well: TLS ends at the proxy in front",
            ));
        }
        if !self.issuer.is_protected() {
            return Err(Rule::new(
                "server.issuer",
                "an https:// URL; http:// is for the hosts 127.0.0.0/8, [::1] and localhost only",
            ));
        }
        Rule::within("server.max_connections", self.max_connections, 1..=u32::MAX)
    }
}
