//! Where a call comes from: as far as it counts for limits, and for the security log.

use std::net::{IpAddr, SocketAddr};

use aide::OperationInput;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::app::App;
use crate::identity::security_log::CalledFrom;
use crate::rate_limit::network_of;

/// The caller's address, as far as it counts for limits: of IPv6 the network.
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(network_of(address_of(parts, app))))
    }
}

impl FromRequestParts<App> for CalledFrom {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let address = address_of(parts, app);
        Ok(Self::http(address, network_of(address), user_agent, &app.clock, app.random))
    }
}

fn address_of(parts: &Parts, app: &App) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip());
    forwarded_for(&parts.headers, peer, app).to_canonical()
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
impl OperationInput for CalledFrom {}
