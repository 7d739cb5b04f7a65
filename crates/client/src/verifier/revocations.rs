//! The server's signed list of revoked tokens: what was revoked since the list was read last, until it would have
//! expired anyway.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use agentid_jose::claims::{text, time};
use agentid_jose::jws::UnverifiedJws;
use serde_json::{Map, Value};

use super::VerifyError;
use super::keys::Keys;
use super::turnstile::Turnstile;

/// The longest page, in bytes: some 40,000 tokens, for what is stopped in one second comes on one page.
const LONGEST_PAGE: usize = 4 * 1024 * 1024;
/// How many pages are read at once.
const MOST_PAGES: usize = 1000;
/// How many tokens are remembered.
const MOST_REVOKED: usize = 1_000_000;

/// How a verifier uses the revocation list. The default reads it at most every 10 seconds, believes it for 60 when no
/// newer one can be fetched, and then refuses all tokens.
#[derive(Clone, Copy, Debug)]
pub struct RevocationList {
    every: i64,
    trusted_for: i64,
    is_required: bool,
}

impl Default for RevocationList {
    fn default() -> Self {
        Self { every: 10, trusted_for: 60, is_required: true }
    }
}

impl RevocationList {
    /// How often it is fetched at most, in seconds: so late a revoked token may still be accepted.
    pub fn every(self, seconds: u32) -> Self {
        Self { every: seconds.into(), ..self }
    }

    /// How old it may become, in seconds, when no newer one can be fetched.
    pub fn trusted_for(self, seconds: u32) -> Self {
        Self { trusted_for: seconds.into(), ..self }
    }

    /// Accepts tokens when the list is too old, or never came: for an API that must go on while the server is away. Then
    /// a revoked token is good until it expires.
    pub fn fail_open(self) -> Self {
        Self { is_required: false, ..self }
    }
}

/// The list as read so far.
pub struct Revocations {
    settings: RevocationList,
    known: RwLock<Known>,
    turnstile: Turnstile,
}

#[derive(Default)]
struct Known {
    /// By `jti`, with `exp`.
    revoked: HashMap<String, i64>,
    /// What to ask for next.
    since: i64,
    /// The mark of the last list that began there.
    mark: Option<String>,
    /// When it was last read to its end.
    read_at: Option<i64>,
    /// Why the last try failed.
    failure: String,
}

impl Revocations {
    pub fn new(settings: RevocationList) -> Self {
        Self { settings, known: RwLock::default(), turnstile: Turnstile::default() }
    }

    /// Reads on when that is due, and refuses a token that is on the list.
    pub fn check(&self, jti: &str, keys: &Keys, skew: i64, now: i64) -> Result<(), VerifyError> {
        let is_current = self.is_current(now);
        // Whoever has nothing to go by waits for somebody who is reading it already.
        if let Some(_inside) = self.turnstile.pass(now, self.settings.every, !is_current) {
            let read = self.read_on(keys, skew, now);
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            match read {
                Ok(Read::Anew) => known.read_at = Some(now),
                // Nobody has signed that nothing has changed, so what is known becomes no younger by it.
                Ok(Read::Unchanged) => {}
                Err(failure) => known.failure = failure,
            }
            // A token is accepted until `exp` and the skew.
            known.revoked.retain(|_, exp| *exp + skew > now);
        }
        let is_current = self.is_current(now);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.revoked.contains_key(jti) {
            return Err(VerifyError::Revoked);
        }
        if is_current || !self.settings.is_required {
            return Ok(());
        }
        Err(VerifyError::RevocationList(known.failure.clone()))
    }

    fn is_current(&self, now: i64) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.read_at.is_some_and(|at| now - at <= self.settings.trusted_for.max(self.settings.every))
    }

    /// All pages there are. The error says why not.
    fn read_on(&self, keys: &Keys, skew: i64, now: i64) -> Result<Read, String> {
        for _ in 0..MOST_PAGES {
            let (since, mark) = {
                let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
                // Half of the time that it is believed: there must be time left for another try.
                let is_young = known.read_at.is_some_and(|at| now - at < self.settings.trusted_for / 2);
                (known.since, known.mark.clone().filter(|_| is_young))
            };
            let Some(page) = Page::fetch(since, mark.as_deref(), keys, skew, now)? else { return Ok(Read::Unchanged) };
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.revoked.extend(page.revoked.into_iter().filter(|(_, exp)| *exp + skew > now));
            if known.revoked.len() > MOST_REVOKED {
                return Err("it is longer than is remembered.".to_owned());
            }
            if page.more && page.next <= since {
                return Err("it does not end.".to_owned());
            }
            known.mark = page.mark.filter(|_| page.next == since);
            known.since = page.next;
            if !page.more {
                return Ok(Read::Anew);
            }
        }
        Err("it does not end.".to_owned())
    }
}

/// What came of reading on.
enum Read {
    /// A list that the server has signed just now.
    Anew,
    /// The server says that it is the one that was read last.
    Unchanged,
}

/// One answer of the server.
struct Page {
    revoked: Vec<(String, i64)>,
    next: i64,
    more: bool,
    mark: Option<String>,
}

impl Page {
    /// `None` when it is the one that has this mark.
    fn fetch(since: i64, mark: Option<&str>, keys: &Keys, skew: i64, now: i64) -> Result<Option<Self>, String> {
        let mut call = keys.server().call("GET", &format!("/v1/oauth/revocations?since={since}"));
        if let Some(mark) = mark {
            call = call.header("if-none-match", mark);
        }
        let answer = call.accepting("application/jwt").send().map_err(|error| error.to_string())?;
        if answer.status == 304 && mark.is_some() {
            return Ok(None);
        }
        if answer.status != 200 {
            return Err(answer.refusal().to_string());
        }
        let jws = UnverifiedJws::parse_up_to(answer.text(), LONGEST_PAGE).map_err(|error| error.to_string())?;
        if jws.header().typ.as_deref() != Some("revocations+jwt") {
            return Err("its `typ` is not `revocations+jwt`.".to_owned());
        }
        let kid = jws.header().kid.clone().ok_or("it names no key.")?;
        let key = keys.find(&kid, now).map_err(|error| error.to_string())?;
        let claims = jws.verify(&key.into()).map_err(|error| error.to_string())?;
        if text(&claims, "iss") != Some(keys.server().issuer()) {
            return Err("its `iss` is another server.".to_owned());
        }
        let is_current = time(&claims, "iat").is_some_and(|iat| iat <= now + skew)
            && time(&claims, "exp").is_some_and(|exp| exp + skew > now);
        if !is_current {
            return Err("it is an old one, or the clocks differ.".to_owned());
        }
        // Another list, well signed and of today, could leave out what we ask for.
        if time(&claims, "since") != Some(since) {
            return Err("it begins at another time than was asked for.".to_owned());
        }
        let mark = answer.header("etag").map(str::to_owned);
        Self::read(&claims, mark).map(Some).ok_or_else(|| "it can not be read.".to_owned())
    }

    fn read(claims: &Map<String, Value>, mark: Option<String>) -> Option<Self> {
        let entry = |entry: &Value| {
            let entry = entry.as_object()?;
            Some((text(entry, "jti")?.to_owned(), time(entry, "exp")?))
        };
        Some(Self {
            revoked: claims.get("revoked")?.as_array()?.iter().map(entry).collect::<Option<_>>()?,
            next: time(claims, "next")?,
            more: claims.get("more")?.as_bool()?,
            mark,
        })
    }
}
