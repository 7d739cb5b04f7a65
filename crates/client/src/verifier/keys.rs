//! The server's published keys (RFC 7517 section 5), as last fetched.

use std::sync::{Arc, PoisonError, RwLock};

use agentid_jose::ed25519::PublicKey;
use agentid_jose::jwk;
use serde_json::Value;

use super::VerifyError;
use super::turnstile::Turnstile;
use crate::error::CallError;
use crate::http::{Answer, Server, text_of};

/// How often the keys are fetched at most, in seconds: a stranger who names unknown keys must not make
/// the API call the server each time.
const FETCH_EVERY: i64 = 10;
/// How long keys are fresh when the server does not say, and at most, in seconds. A key that the server withdraws
/// must not be believed much longer.
const FRESH: i64 = 300;
const FRESH_AT_MOST: i64 = 3600;
/// How long the old keys are used when new ones can not be fetched, in seconds. Every token that was made before the
/// server went away has expired by then.
const KEPT: i64 = 3600;
/// How many keys are read.
const MOST_KEYS: usize = 100;

/// The keys of one server.
pub struct Keys {
    server: Server,
    known: RwLock<Arc<Known>>,
    turnstile: Turnstile,
}

#[derive(Clone, Default)]
struct Known {
    keys: Vec<(String, PublicKey)>,
    fetched_at: i64,
    fresh_until: i64,
    /// Why the last fetch failed.
    failure: Option<String>,
}

impl Known {
    fn find(&self, kid: &str, now: i64) -> Option<PublicKey> {
        let found = self.keys.iter().find(|(known, _)| known == kid);
        found.filter(|_| now - self.fetched_at <= KEPT).map(|(_, key)| *key)
    }
}

impl Keys {
    pub fn of(server: Server) -> Self {
        Self { server, known: RwLock::default(), turnstile: Turnstile::default() }
    }

    /// Whose they are.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The key with this id.
    pub fn find(&self, kid: &str, now: i64) -> Result<PublicKey, VerifyError> {
        let known = self.known();
        let found = known.find(kid, now);
        if let Some(key) = found
            && (known.fetched_at..known.fresh_until).contains(&now)
        {
            return Ok(key);
        }
        // As long as there is no key at all, everybody waits for the first answer.
        if let Some(_inside) = self.turnstile.pass(now, FETCH_EVERY, known.keys.is_empty()) {
            let fetched = match self.fetch(now) {
                Ok(fetched) => fetched,
                Err(error) => Known { failure: Some(error.to_string()), ..Known::clone(&self.known()) },
            };
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fetched);
        }
        let known = self.known();
        known.find(kid, now).ok_or_else(|| match &known.failure {
            Some(failure) => VerifyError::Keys(failure.clone()),
            None => VerifyError::UnknownKey,
        })
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn fetch(&self, now: i64) -> Result<Known, CallError> {
        let answer = self.server.call("GET", "/.well-known/jwks.json").send()?;
        let fresh = max_age(&answer).unwrap_or(FRESH).clamp(FETCH_EVERY, FRESH_AT_MOST);
        let document = answer.accept()?;
        let keys = document.get("keys").and_then(Value::as_array);
        let keys = keys.into_iter().flatten().take(MOST_KEYS).filter_map(read).collect();
        Ok(Known { keys, fetched_at: now, fresh_until: now + fresh, failure: None })
    }
}

/// One that can not be read, or that is not for signatures, is none that we could use.
fn read(key: &Value) -> Option<(String, PublicKey)> {
    let is_for_signatures = matches!(text_of(key, "use"), "" | "sig");
    let kid = Some(text_of(key, "kid")).filter(|kid| !kid.is_empty() && is_for_signatures)?;
    Some((kid.to_owned(), jwk::parse(key).ok()?))
}

/// `Cache-Control: max-age` (RFC 9111 section 5.2.2.1).
fn max_age(answer: &Answer) -> Option<i64> {
    let directives = answer.header("cache-control")?.split(',');
    directives.into_iter().find_map(|directive| directive.trim().strip_prefix("max-age=")?.parse().ok())
}
