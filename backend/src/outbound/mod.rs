//! What the server itself calls: addresses that its clients name, so none of them is trusted.
//!
//! A name is resolved, each address that it resolves to is checked, and the connection goes to just those addresses: what a
//! second look-up would say plays no part. Redirects are not followed, no proxy is asked, and time and size are bounded.

pub mod paddle;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::{Host, Url};

use crate::config::Network;
use crate::crypto::strict_json;

/// How long a call may take.
const CALL: Duration = Duration::from_secs(5);
/// How long a call may wait until there is room for it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many calls run at once.
const AT_ONCE: usize = 64;
/// How many of them are to addresses of one owner's clients: whoever names addresses that do not answer keeps few places busy.
const OF_ONE_OWNER: usize = 4;
/// The largest answer, in bytes.
const LARGEST: u64 = 64 * 1024;
/// The longest address, in bytes.
const LONGEST: usize = 512;

/// What is nobody's on the internet, or not one machine's (the registries of special-purpose addresses of RFC 6890). Of IPv6
/// only what is given out to networks (`2000::/3`) is anybody's; an IPv4 address in IPv6 counts as what it is.
const SPECIAL: [&str; 21] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/3",
    "4000::/2",
    "8000::/1",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
];

/// Calls to the outside. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    http: ureq::Agent,
    allowed: Arc<[Network]>,
    permits: Arc<Semaphore>,
    owners: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

/// Room for one call, as long as it goes on.
pub struct Place {
    _of_owner: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// It must not be called.
    #[error("the address is not one that may be called")]
    NotAllowed,
    /// Too many others are under way; it was not tried.
    #[error("too many other calls are under way")]
    NoRoom,
    /// Nobody has answered, in time, with something that can be read.
    #[error("{0}")]
    Failed(String),
}

impl Outbound {
    /// `allowed`: networks that may be called although they are not public, also by http.
    pub fn new(allowed: Vec<Network>) -> Self {
        let allowed: Arc<[Network]> = allowed.into();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = Config::builder()
            .tls_config(TlsConfig::builder().unversioned_rustls_crypto_provider(provider).build())
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(CALL))
            // Each call looks the name up anew: a connection that was kept would be a look-up that was.
            .max_idle_connections(0)
            .user_agent(concat!("agentid/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = Checking { resolver: DefaultResolver::default(), allowed: Arc::clone(&allowed) };
        let http = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { http, allowed, permits: Arc::new(Semaphore::new(AT_ONCE)), owners: Arc::default() }
    }

    /// The same, with room of its own: what it does keeps nothing else waiting.
    pub fn apart(&self) -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), owners: Arc::default(), ..self.clone() }
    }

    /// Whether a client may name this address: https, without a user and a fragment, and not an address that must not be
    /// called. A name is looked up only when it is called.
    pub fn may_be_named(&self, text: &str) -> bool {
        let Ok(url) = Url::parse(text) else { return false };
        let is_plain = text.len() <= LONGEST && text.chars().all(|character| character.is_ascii_graphic());
        let has_user = !url.username().is_empty() || url.password().is_some();
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return false,
        };
        let is_reachable = address.is_none_or(|address| may_be_called(address, &self.allowed));
        let is_inside = address.is_some_and(|address| is_in(address, &self.allowed));
        let is_scheme = url.scheme() == "https" || (url.scheme() == "http" && is_inside);
        is_plain && !has_user && url.fragment().is_none() && is_reachable && is_scheme
    }

    /// The JSON at an address that a client of `owner` has named.
    pub async fn get_json(&self, owner: &str, address: &str) -> Result<Value, OutboundError> {
        let (http, address) = (self.http.clone(), self.checked(address)?);
        let place = timeout(PATIENCE, self.place(owner)).await.map_err(|_| OutboundError::NoRoom)?;
        run(place?, move || {
            let mut answer = http.get(address).header("accept", "application/json").call().map_err(failed)?;
            if answer.status() != 200 {
                return Err(OutboundError::Failed(format!("it answered {}", answer.status())));
            }
            let text = answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(failed)?;
            strict_json::parse_object(&text)
                .map(Value::Object)
                .ok_or_else(|| OutboundError::Failed("it answered no JSON object".to_owned()))
        })
        .await
    }

    /// Posts a form; the status of the answer.
    pub async fn post_form(&self, place: Place, address: &str, form: String) -> Result<u16, OutboundError> {
        let (http, address) = (self.http.clone(), self.checked(address)?);
        run(place, move || {
            let answer = http.post(address).content_type("application/x-www-form-urlencoded").send(form);
            answer.map(|answer| answer.status().as_u16()).map_err(failed)
        })
        .await
    }

    fn checked(&self, address: &str) -> Result<String, OutboundError> {
        if self.may_be_named(address) { Ok(address.to_owned()) } else { Err(OutboundError::NotAllowed) }
    }

    /// A place for a call to an address of this owner's, if there is one now.
    pub fn try_place(&self, owner: &str) -> Option<Place> {
        let of_owner = self.places_of(owner).try_acquire_owned().ok()?;
        let of_all = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(Place { _of_owner: of_owner, _of_all: of_all })
    }

    async fn place(&self, owner: &str) -> Result<Place, OutboundError> {
        let of_owner = self.places_of(owner).acquire_owned().await.map_err(failed)?;
        let of_all = Arc::clone(&self.permits).acquire_owned().await.map_err(failed)?;
        Ok(Place { _of_owner: of_owner, _of_all: of_all })
    }

    /// Those of one owner. An owner of whom none is taken or waited for is forgotten.
    fn places_of(&self, owner: &str) -> Arc<Semaphore> {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.retain(|_, places| places.available_permits() < OF_ONE_OWNER || Arc::strong_count(places) > 1);
        Arc::clone(owners.entry(owner.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE_OWNER))))
    }
}

/// Whoever waits for the answer may go away; the place is taken as long as the call goes on.
async fn run<T: Send + 'static>(
    place: Place,
    call: impl FnOnce() -> Result<T, OutboundError> + Send + 'static,
) -> Result<T, OutboundError> {
    let called = tokio::task::spawn_blocking(move || {
        let _place = place;
        call()
    });
    called.await.map_err(failed)?
}

fn failed(error: impl std::fmt::Display) -> OutboundError {
    OutboundError::Failed(error.to_string())
}

/// Looks names up, and refuses those that lead where nothing may be called. All addresses must be good: one that is not shows
/// what the name is for.
#[derive(Debug)]
struct Checking {
    resolver: DefaultResolver,
    allowed: Arc<[Network]>,
}

impl Resolver for Checking {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let addresses = self.resolver.resolve(uri, config, timeout)?;
        let is_good = |address: &SocketAddr| may_be_called(address.ip(), &self.allowed);
        if addresses.iter().all(is_good) { Ok(addresses) } else { Err(ureq::Error::HostNotFound) }
    }
}

fn may_be_called(address: IpAddr, allowed: &[Network]) -> bool {
    is_in(address, allowed)
        || !SPECIAL.iter().filter_map(|text| Network::parse(text)).any(|network| network.contains(address))
}

fn is_in(address: IpAddr, networks: &[Network]) -> bool {
    networks.iter().any(|network| network.contains(address))
}
