//! Where a call comes from, as far as it counts for limits.

use std::net::{IpAddr, SocketAddr};

use aide::OperationInput;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::App;
use crate::rate_limit::network_of;

/// The caller's address, as far as it counts for limits: of IPv6 the network.
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip());
        Ok(Self(network_of(forwarded_for(&parts.headers, peer, app))))
    }
}

/// The last address in the chain that no trusted proxy vouches for. What a client writes into the
/// header itself stands further left, and is not reached.
fn forwarded_for(headers: &HeaderMap, peer: IpAddr, app: &App) -> IpAddr {
    let is_trusted =
        |address: IpAddr| app.config.server.trusted_proxies.iter().any(|network| network.contains(address));
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut address = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(address) {
            break;
        }
        // Some proxies write the port, too.
        let hop = hop.parse().or_else(|_| hop.parse().map(|address: SocketAddr| address.ip()));
        let Ok(hop) = hop else { break };
        address = hop;
    }
    address
}

impl OperationInput for ClientAddress {}
