//! How often something that needs no credentials may be asked for, per client address or account.
//!
//! Counted in this node's memory: a limit is against floods, not a rule that must hold everywhere. The
//! counting is the `governor` crate's (a leaky bucket: a minute's or an hour's worth at once, then evenly).

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;
use crate::refusal::{Code, Refusal};

/// How many keys are remembered at most; beyond that, those that have been quiet are forgotten.
const MOST_KEYS: usize = 100_000;

/// Our clock, as `governor` reads it.
#[derive(Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now_millis()).unwrap_or(0))
    }
}

/// One limit for many keys.
pub struct RateLimit<K: Hash + Eq + Clone> {
    limiter: Option<RateLimiter<K, DashMapStateStore<K>, Ticks, NoOpMiddleware<Duration>>>,
    clock: Ticks,
}

impl<K: Hash + Eq + Clone> RateLimit<K> {
    /// `per_minute` for each key; 0 is no limit.
    pub fn new(per_minute: u32, clock: &Clock) -> Self {
        Self::of(NonZeroU32::new(per_minute).map(Quota::per_minute), clock)
    }

    /// `per_hour` for each key; 0 is no limit.
    pub fn per_hour(per_hour: u32, clock: &Clock) -> Self {
        Self::of(NonZeroU32::new(per_hour).map(Quota::per_hour), clock)
    }

    fn of(quota: Option<Quota>, clock: &Clock) -> Self {
        let clock = Ticks(clock.clone());
        let limiter = quota.map(|quota| RateLimiter::dashmap_with_clock(quota, clock.clone()));
        Self { limiter, clock }
    }

    /// Counts one; refused when it is one too many.
    pub fn check(&self, key: &K) -> Result<(), Refusal> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if limiter.len() >= MOST_KEYS {
            limiter.retain_recent();
        }
        limiter.check_key(key).map_err(|refused| {
            let wait = refused.wait_time_from(governor::clock::Clock::now(&self.clock));
            Code::TooManyRequests.retry_after(wait.as_secs() + 1)
        })
    }
}

/// What is counted per address and per account.
pub struct RateLimits {
    /// Registrations of agents and overseers, by address.
    pub registrations: RateLimit<IpAddr>,
    /// Overseers' logins, by address.
    pub logins: RateLimit<IpAddr>,
    /// Overseers' logins, by the hash of the e-mail address: guessing from many addresses is slow too.
    pub accounts: RateLimit<[u8; 32]>,
    /// Letters that somebody asks for, by the hash of what they are for and the mail address.
    pub letters: RateLimit<[u8; 32]>,
    /// Claims, by address.
    pub claims: RateLimit<IpAddr>,
    /// Authorization requests that wait in a browser, by address.
    pub interactions: RateLimit<IpAddr>,
    /// Authorization requests that clients push, which have authenticated.
    pub pushes_of_clients: RateLimit<String>,
    /// The same of clients that anybody can say to be.
    pub pushes_of_anybody: RateLimit<IpAddr>,
}

/// The part of an address that one customer of a network holds: all of IPv4, the first half of IPv6.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    }
}
