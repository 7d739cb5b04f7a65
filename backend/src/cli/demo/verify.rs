//! How an API checks an access token without asking anybody (RFC 9068 section 4): by the server's
//! published keys, which it fetches now and then. A token that was revoked is good until it expires
//! here; an API for which that is too long asks for introspection.

use serde_json::{Map, Value};

use crate::cli::api_client::Server;
use crate::cli::failure::Failure;
use crate::cli::output::text_of;
use crate::clock::Clock;
use crate::crypto::claims;
use crate::crypto::ed25519::PublicKey;
use crate::crypto::jwk;
use crate::crypto::jws::{JwsError, UnverifiedJws};

/// How often the keys are fetched at most, in seconds: a stranger who names unknown keys must not make
/// the API call the server each time.
const FETCH_EVERY: i64 = 10;

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// It is no signed token, or its signature does not hold.
    #[error("{0}")]
    Token(#[from] JwsError),
    /// Any other JWT of the server must not pass for an access token.
    #[error("The token's `typ` is not `at+jwt`.")]
    Type,
    /// The server does not publish the key that it names.
    #[error("The token is signed with a key that the server does not publish.")]
    UnknownKey,
    /// It comes from somebody else.
    #[error("The token's `iss` is another server.")]
    Issuer,
    /// It was made for another API, which could otherwise use it here.
    #[error("The token's `aud` is another API.")]
    Audience,
    /// It is too old.
    #[error("The token has expired.")]
    Expired,
    /// It is a client's, whose `sub` is no agent.
    #[error("The token is not an agent's.")]
    Entity,
    /// The keys can not be fetched.
    #[error("{0}")]
    Keys(#[from] Failure),
}

/// Checks the tokens of one server for one API.
pub struct Verifier {
    server: Server,
    audience: String,
    keys: Vec<(String, PublicKey)>,
    fetched_at: i64,
    clock: Clock,
}

impl Verifier {
    /// `audience`: what tokens for this API name as `aud`.
    pub fn new(server: Server, audience: String, clock: Clock) -> Self {
        Self { server, audience, keys: Vec::new(), fetched_at: 0, clock }
    }

    /// The claims of a good token.
    pub fn verify(&mut self, token: &str) -> Result<Map<String, Value>, Invalid> {
        let jws = UnverifiedJws::parse(token)?;
        if !matches!(jws.header().typ.as_deref(), Some("at+jwt" | "application/at+jwt")) {
            return Err(Invalid::Type);
        }
        let kid = jws.header().kid.clone().ok_or(Invalid::UnknownKey)?;
        let claims = jws.verify(&self.key(&kid)?)?;
        if claims::text(&claims, "iss") != Some(self.server.issuer()) {
            return Err(Invalid::Issuer);
        }
        if !claims.get("aud").is_some_and(|audience| names(audience, &self.audience)) {
            return Err(Invalid::Audience);
        }
        if claims::time(&claims, "exp").is_none_or(|exp| exp <= self.clock.now()) {
            return Err(Invalid::Expired);
        }
        if claims::text(&claims, "entity_type") != Some("agent") {
            return Err(Invalid::Entity);
        }
        Ok(claims)
    }

    fn key(&mut self, kid: &str) -> Result<PublicKey, Invalid> {
        let now = self.clock.now();
        if self.find(kid).is_none() && now - self.fetched_at >= FETCH_EVERY {
            self.fetched_at = now;
            self.keys = fetch(&self.server)?;
        }
        self.find(kid).ok_or(Invalid::UnknownKey)
    }

    fn find(&self, kid: &str) -> Option<PublicKey> {
        self.keys.iter().find(|(known, _)| known == kid).map(|(_, key)| *key)
    }
}

/// The published keys (RFC 7517 section 5); one that can not be read is none that we could use.
fn fetch(server: &Server) -> Result<Vec<(String, PublicKey)>, Failure> {
    let document = server.call("GET", "/.well-known/jwks.json").send()?.accept()?;
    let keys = document.get("keys").and_then(Value::as_array);
    let read = |key: &Value| Some((text_of(key, "kid").to_owned(), jwk::parse(key).ok()?));
    Ok(keys.into_iter().flatten().filter_map(read).collect())
}

/// `aud` is a string or an array of strings (RFC 7519 section 4.1.3).
fn names(audience: &Value, own: &str) -> bool {
    match audience {
        Value::String(one) => one == own,
        Value::Array(several) => several.iter().any(|one| one == own),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}
