//! The keys that a caller's signature is checked with: those that it is registered with, or those that it publishes at its
//! `jwks_uri` (RFC 7591 section 2).

use std::convert::Infallible;
use std::sync::Arc;

use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::crypto::key_set::KeySet;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::oauth::authentication::Party;
use crate::outbound::Outbound;

/// How long keys that were fetched are good, in seconds.
const FRESH: i64 = 300;
/// How long they are used when they can not be fetched again, in seconds: a client is not locked out because its site is down
/// for an hour, and a key that was withdrawn is not good for longer.
const STALE: i64 = 3600;
/// How long until they are fetched again because of a key that is not among them, or because it failed, in seconds: anybody
/// can name a client, and a key.
const PAUSE: i64 = 30;
/// How many addresses are remembered at most.
const MOST: usize = 10_000;

/// Keys by their callers. Cheap to clone.
#[derive(Clone)]
pub struct ClientKeys {
    outbound: Outbound,
    fetched: Arc<Cache<String, Arc<Mutex<Fetched>>>>,
}

/// What is known of one address.
#[derive(Default)]
struct Fetched {
    keys: Option<KeySet>,
    /// When they were fetched, Unix seconds.
    at: i64,
    /// When that was tried last, Unix seconds.
    tried_at: Option<i64>,
}

impl ClientKeys {
    /// Nothing is fetched yet.
    pub fn new(outbound: Outbound) -> Self {
        Self { outbound, fetched: Arc::new(Cache::new(MOST)) }
    }

    /// The caller's keys. `kid`: which one is wanted. `None` for a caller that has none, or none that can be had now.
    pub async fn of(&self, party: &Party, kid: Option<&str>, clock: &Clock) -> Option<KeySet> {
        let client = match party {
            Party::Agent(agent) => return Some(KeySet::one(agent.public_key)),
            Party::Client(client) if client.token_endpoint_auth_method != AuthMethod::PrivateKeyJwt => return None,
            Party::Client(client) => client,
        };
        match (&client.jwks_uri, &client.jwks, client.public_key) {
            (Some(address), _, _) => self.published(address, kid, clock).await,
            (None, Some(keys), _) => Some(keys.clone()),
            (None, None, key) => key.map(KeySet::one),
        }
    }

    /// Those who want the same keys at once wait for one fetch.
    async fn published(&self, address: &str, kid: Option<&str>, clock: &Clock) -> Option<KeySet> {
        let entry = match self.fetched.get_or_insert_with(address, || Ok::<_, Infallible>(Arc::default())) {
            Ok(entry) => entry,
            Err(never) => match never {},
        };
        let mut fetched = entry.lock().await;
        let now = clock.now();
        let lacks = |keys: &KeySet| kid.is_some_and(|kid| !keys.has(kid));
        let is_due = match &fetched.keys {
            Some(keys) => now - fetched.at >= FRESH || lacks(keys),
            None => true,
        };
        if is_due && fetched.tried_at.is_none_or(|tried_at| now - tried_at >= PAUSE) {
            fetched.tried_at = Some(now);
            match self.outbound.get_json(address).await {
                Ok(document) => (fetched.keys, fetched.at) = (KeySet::published(&document), now),
                Err(error) => tracing::warn!(address, %error, "a client's keys can not be fetched"),
            }
        }
        fetched.keys.clone().filter(|_| now - fetched.at < STALE)
    }
}
