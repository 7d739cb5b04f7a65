//! The keys that a caller's signature is checked with: those that it is registered with, or those that it publishes at its
//! `jwks_uri` (RFC 7591 section 2).

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::crypto::key_set::KeySet;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::oauth::authentication::Party;
use crate::outbound::{Outbound, OutboundError};

/// How long keys that were fetched are good, in seconds.
const FRESH: i64 = 300;
/// How long they are used when they can not be fetched again, in seconds: a client is not locked out because its site is down
/// for an hour, and a key that was withdrawn is not good for longer.
const STALE: i64 = 3600;
/// How long a caller waits for newer keys while those that are known may still be used.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long until they are fetched again because of a key that is not among them, or because it failed, in seconds: anybody
/// can name a client, and a key.
const PAUSE: i64 = 30;
/// How many addresses are remembered at most.
const MOST: usize = 10_000;

/// Keys by their callers. Cheap to clone.
#[derive(Clone)]
pub struct ClientKeys {
    outbound: Outbound,
    published: Arc<Cache<String, Arc<Published>>>,
}

/// What is known of one address.
#[derive(Default)]
struct Published {
    known: Mutex<Known>,
    /// Held while it is fetched, so that those who want the same wait for one fetch.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Option<KeySet>,
    /// When they were fetched, Unix seconds.
    at: i64,
    /// When that was tried last, Unix seconds.
    tried_at: Option<i64>,
}

impl ClientKeys {
    /// Nothing is fetched yet.
    pub fn new(outbound: Outbound) -> Self {
        Self { outbound, published: Arc::new(Cache::new(MOST)) }
    }

    /// The caller's keys. `kid`: which one is wanted. `None` for a caller that has none, or none that can be had now.
    pub async fn of(&self, party: &Party, kid: Option<&str>, clock: &Clock) -> Option<KeySet> {
        let client = match party {
            Party::Agent(agent) => return Some(KeySet::one(agent.public_key)),
            Party::Client(client) if client.token_endpoint_auth_method != AuthMethod::PrivateKeyJwt => return None,
            Party::Client(client) => client,
        };
        match (&client.jwks_uri, &client.jwks, client.public_key) {
            (Some(address), _, _) => self.published_at(address, &client.owner_id, kid, clock).await,
            (None, Some(keys), _) => Some(keys.clone()),
            (None, None, key) => key.map(KeySet::one),
        }
    }

    async fn published_at(&self, address: &str, owner: &str, kid: Option<&str>, clock: &Clock) -> Option<KeySet> {
        // Of each owner apart: who names somebody else's address must not decide when it is fetched.
        let name = format!("{owner} {address}");
        let published = match self.published.get_or_insert_with(&name, || Ok::<_, Infallible>(Arc::default())) {
            Ok(published) => published,
            Err(never) => match never {},
        };
        let now = clock.now();
        let known = published.known();
        if known.is_due(kid, now) {
            let fetch = published.fetch(&self.outbound, address, owner, kid, now);
            if known.is_good(kid, now) {
                // Out of patience is no failure: it goes on, and what is known may be used.
                let _ = timeout(PATIENCE, fetch).await;
            } else {
                fetch.await;
            }
        }
        published.known().keys_at(now)
    }
}

impl Published {
    async fn fetch(self: &Arc<Self>, outbound: &Outbound, address: &str, owner: &str, kid: Option<&str>, now: i64) {
        let alone = Arc::clone(&self.fetching).lock_owned().await;
        if !self.known().is_due(kid, now) {
            return;
        }
        let (outbound, own) = (outbound.clone(), Arc::clone(self));
        let (address, owner) = (address.to_owned(), owner.to_owned());
        // A task of its own: whoever asks may go away, and what was fetched is for those who come.
        let fetch = tokio::spawn(async move {
            let _alone = alone;
            own.fetch_now(&outbound, &address, &owner, now).await;
        });
        if let Err(error) = fetch.await {
            tracing::error!(%error, "fetching a client's keys failed");
        }
    }

    async fn fetch_now(&self, outbound: &Outbound, address: &str, owner: &str, now: i64) {
        let fetched = match outbound.get_json(owner, address).await {
            Ok(document) => KeySet::published(&document).ok_or("it has no key that can be used".to_owned()),
            // It was not tried.
            Err(OutboundError::NoRoom) => return,
            Err(error @ (OutboundError::NotAllowed | OutboundError::Failed(_))) => Err(error.to_string()),
        };
        self.change(|known| known.tried_at = Some(now));
        match fetched {
            Ok(keys) => self.change(|known| (known.keys, known.at) = (Some(keys), now)),
            Err(problem) => tracing::warn!(address, problem, "a client's keys can not be fetched"),
        }
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Known {
    /// Whether they are to be fetched, by whoever wants the one of this name.
    fn is_due(&self, kid: Option<&str>, now: i64) -> bool {
        let is_wanted = age(self.at, now) >= FRESH || !self.is_good(kid, now);
        is_wanted && self.tried_at.is_none_or(|tried_at| age(tried_at, now) >= PAUSE)
    }

    /// Whether the one of this name is among those that may be used.
    fn is_good(&self, kid: Option<&str>, now: i64) -> bool {
        self.keys_at(now).is_some_and(|keys| kid.is_none_or(|kid| keys.may_have(kid)))
    }

    fn keys_at(&self, now: i64) -> Option<KeySet> {
        self.keys.clone().filter(|_| age(self.at, now) < STALE)
    }
}

/// A clock that was set back makes nothing younger.
fn age(at: i64, now: i64) -> i64 {
    (now - at).abs()
}
