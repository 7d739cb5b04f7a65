//! An agent: its id, its key, and the tokens that it has.

use std::sync::{Mutex, MutexGuard, PoisonError};

use agentid_jose::clock::Clock;
use agentid_jose::dpop;
use agentid_jose::random::Random;
use serde_json::Value;

use crate::error::{AddressError, CallError};
use crate::http::{Server, text_of};
use crate::key::Key;
use crate::registration;
use crate::token::{Token, TokenRequest};

/// A token is used again while it has more than this many seconds left: enough to reach an API with it.
const SPARE: i64 = 60;
/// How many tokens are kept. The oldest goes first.
const MOST_TOKENS: usize = 1000;

/// An agent that is registered with one server. Threads may share it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/server.rs"));
/// # fn main() -> anyhow::Result<()> {
/// # let server = RunningServer::start(agentid_client::Clock::system())?;
/// # let issuer = server.issuer.as_str();
/// use agentid_client::{Agent, Key, TokenRequest};
///
/// let agent = Agent::register(issuer, "news reader", Key::generate())?;
///
/// // A token for two APIs that says only who the agent is.
/// let request = TokenRequest::for_resources(&["https://one.example", "https://two.example"]).scope("id");
/// let token = agent.token_for(&request)?;
///
/// // The server's own API takes the key.
/// let answer = agent.call("GET", "/v1/agents/me", None)?;
/// assert_eq!(answer["agent"]["name"], "news reader");
/// # assert_eq!(token.as_str().split('.').count(), 3);
/// # Ok(())
/// # }
/// ```
pub struct Agent {
    server: Server,
    id: String,
    key: Key,
    clock: Clock,
    tokens: Mutex<Vec<(TokenRequest, Token)>>,
    /// Held while a token is fetched, so that callers who want the same one wait for it.
    fetching: Mutex<()>,
}

impl Agent {
    /// The agent with this id and key. Nothing is sent yet.
    ///
    /// # Errors
    /// [`AddressError`]: the issuer must be `https`, or on this machine.
    pub fn new(issuer: &str, agent_id: impl Into<String>, key: Key) -> Result<Self, AddressError> {
        Ok(Self::of(Server::at(issuer)?, agent_id.into(), key))
    }

    /// Registers a new agent. Keep its [`Self::id`]: with the key, it is all that [`Self::new`] needs.
    ///
    /// # Errors
    /// The server's refusal (`public_key_taken` when the key is an agent already), and what keeps the key from signing.
    pub fn register(issuer: &str, name: &str, key: Key) -> Result<Self, CallError> {
        let server = Server::at(issuer)?;
        server.must_be_itself()?;
        let answer = registration::register(&server, key.as_ref(), name, None, &Clock::system())?;
        let id = answer.get("agent").map_or("", |agent| text_of(agent, "id"));
        Ok(Self::of(server, id.to_owned(), key))
    }

    fn of(server: Server, id: String, key: Key) -> Self {
        let (tokens, fetching) = (Mutex::default(), Mutex::default());
        Self { server, id, key, clock: Clock::system(), tokens, fetching }
    }

    /// The same agent by another clock, for tests.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Its id, which is `sub` in its tokens.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// A token for these APIs: one call, or none while one is at hand that has more than a minute left.
    ///
    /// # Errors
    /// The server's refusal: `unauthorized_client` when the agent is stopped, `invalid_client` when the key is not its
    /// key (any more).
    pub fn token(&self, resources: &[&str]) -> Result<Token, CallError> {
        self.token_for(&TokenRequest::for_resources(resources))
    }

    /// Like [`Self::token`], bound to the key: send it with a [`Self::proof`].
    ///
    /// # Errors
    /// As [`Self::token`], and [`CallError::NotBound`] by a server that does not support it.
    pub fn dpop_token(&self, resources: &[&str]) -> Result<Token, CallError> {
        self.token_for(&TokenRequest::for_resources(resources).bound())
    }

    /// Like [`Self::token`], for any request.
    ///
    /// # Errors
    /// As [`Self::token`].
    pub fn token_for(&self, request: &TokenRequest) -> Result<Token, CallError> {
        if let Some(token) = self.at_hand(request) {
            return Ok(token);
        }
        let _fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = self.at_hand(request) {
            return Ok(token);
        }
        let token = request.send(&self.server, &self.id, &self.key, &self.clock)?;
        let mut tokens = self.tokens();
        tokens.retain(|(_, token)| self.is_good(token));
        if tokens.len() >= MOST_TOKENS {
            tokens.remove(0);
        }
        tokens.push((request.clone(), token.clone()));
        Ok(token)
    }

    /// Forgets the tokens: after a refusal that says that one was revoked, and when the agent's key has changed.
    pub fn forget_tokens(&self) {
        self.tokens().clear();
    }

    /// A proof for one request with this token: the value of the header `DPoP` beside [`Token::authorization`].
    pub fn proof(&self, method: &str, url: &str, token: &Token) -> String {
        let (request, now) = (dpop::Request { method, url }, self.clock.now());
        // The nonce is for the server that gave it out, and for no API.
        let rest = url.strip_prefix(self.server.issuer());
        let nonce =
            rest.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])).and_then(|_| self.server.nonce());
        let extras = dpop::Extras { access_token: Some(token.as_str()), nonce: nonce.as_deref() };
        dpop::sign(request, extras, self.key.as_ref(), now, Random::system())
    }

    /// A call to the server's own API, signed with the key: the agent's profile, its history, claims.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn call(&self, method: &'static str, path: &str, body: Option<&Value>) -> Result<Value, CallError> {
        let call = self.server.call(method, path).proof_at(self.key.as_ref(), &self.clock);
        match body {
            Some(body) => call.json(body).send()?.accept(),
            None => call.send()?.accept(),
        }
    }

    fn at_hand(&self, request: &TokenRequest) -> Option<Token> {
        let tokens = self.tokens();
        let found = tokens.iter().find(|(known, token)| known == request && self.is_good(token));
        found.map(|(_, token)| token.clone())
    }

    fn is_good(&self, token: &Token) -> bool {
        token.expires_at() > self.clock.now() + SPARE
    }

    fn tokens(&self) -> MutexGuard<'_, Vec<(TokenRequest, Token)>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
