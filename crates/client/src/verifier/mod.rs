//! How an API checks an access token without asking anybody about it (RFC 9068 section 4): by the server's
//! published keys, which it fetches now and then. A token that was revoked is good until it expires, 15 minutes
//! at most, unless the API reads the revocation list.

mod claims;
mod error;
mod keys;
mod replay;
mod revocations;
mod turnstile;

use std::time::Duration;

use agentid_jose::clock::Clock;
use agentid_jose::jws::UnverifiedJws;
use agentid_jose::{claims as members, dpop};
use serde_json::{Map, Value};

use crate::http::Server;
use keys::Keys;
use replay::SpentProofs;
use revocations::Revocations;

pub use claims::{Claims, EntityType};
pub use error::{VerifierError, VerifyError};
pub use revocations::RevocationList;

/// How far clocks may differ, in seconds, unless told otherwise. It is what the server allows the clocks of agents, so
/// an agent that gets a token can use it. More would only keep expired tokens alive.
const SKEW: i64 = 10;
/// The most that clocks may be allowed to differ.
const MOST_SKEW: i64 = 60;
/// A verifier stands between a caller and its answer, so it waits for the server no longer than this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks the tokens of one server for one API. Threads may share it; make one for the program, for it holds the keys.
///
/// What an API does with the headers of a request:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/server.rs"));
/// # fn main() -> anyhow::Result<()> {
/// # use agentid_client::{Agent, Key};
/// # let server = RunningServer::start(agentid_client::Clock::system())?;
/// # let issuer = server.issuer.as_str();
/// # let agent = Agent::register(issuer, "news reader", Key::generate())?;
/// # let token = agent.token(&["https://api.example"])?;
/// use agentid_client::{Claims, Verifier, VerifyError};
///
/// let verifier = Verifier::new(issuer, "https://api.example")?;
/// let check = |authorization: &str, proof: Option<&str>| -> Result<Claims, VerifyError> {
///     match (authorization.split_once(' ').unwrap_or_default(), proof) {
///         (("DPoP", token), Some(proof)) => verifier.verify_dpop(token, proof, "GET", "https://api.example/news"),
///         ((_, token), _) => verifier.verify(token),
///     }
/// };
///
/// assert_eq!(check(&token.authorization(), None)?.sub, agent.id());
/// let refused = check("Bearer rubbish", None).unwrap_err();
/// // 503 when only this API can not tell now, else 401 with `WWW-Authenticate: Bearer error="…"`.
/// assert_eq!((refused.is_temporary(), refused.code()), (false, "invalid_token"));
/// # Ok(())
/// # }
/// ```
pub struct Verifier {
    keys: Keys,
    audience: String,
    skew: i64,
    takes_clients: bool,
    clock: Clock,
    revocations: Option<Revocations>,
    proofs: SpentProofs,
}

impl Verifier {
    /// For tokens of this issuer that are made for this API. `audience` is what agents name as `resource`, to the letter:
    /// a token for another API must not be good here, for that API could use it too. Nothing is sent yet.
    ///
    /// # Errors
    /// [`VerifierError`]: the issuer must be `https`, or on this machine; the audience must not be empty.
    pub fn new(issuer: &str, audience: impl Into<String>) -> Result<Self, VerifierError> {
        let audience = audience.into();
        if audience.trim().is_empty() {
            return Err(VerifierError::NoAudience);
        }
        let keys = Keys::of(Server::at(issuer)?.within(PATIENCE));
        let (clock, proofs) = (Clock::system(), SpentProofs::default());
        Ok(Self { keys, audience, skew: SKEW, takes_clients: false, clock, revocations: None, proofs })
    }

    /// How far the clocks of server and API may differ, 0 to 60 seconds; 10 unless told otherwise.
    pub fn with_skew(self, seconds: i64) -> Self {
        Self { skew: seconds.clamp(0, MOST_SKEW), ..self }
    }

    /// Takes tokens that clients have for themselves, too. Ask [`Claims::entity_type`] then: their `sub` is no agent.
    pub fn with_clients(self) -> Self {
        Self { takes_clients: true, ..self }
    }

    /// Refuses revoked tokens within seconds, by the server's signed list.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/server.rs"));
    /// # fn main() -> anyhow::Result<()> {
    /// # use agentid_client::{Agent, Key};
    /// # let server = RunningServer::start(agentid_client::Clock::system())?;
    /// # let issuer = server.issuer.as_str();
    /// # let agent = Agent::register(issuer, "news reader", Key::generate())?;
    /// # let token = agent.token(&["https://api.example"])?;
    /// use agentid_client::{RevocationList, Verifier};
    ///
    /// let list = RevocationList::default().every(5).trusted_for(120);
    /// let verifier = Verifier::new(issuer, "https://api.example")?.with_revocation_list(list);
    /// assert_eq!(verifier.verify(token.as_str())?.sub, agent.id());
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_revocation_list(self, list: RevocationList) -> Self {
        Self { revocations: Some(Revocations::new(list)), ..self }
    }

    /// The same verifier by another clock, for tests.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Checks a token that came as `Authorization: Bearer`. A bound token is refused: without its proof, it may be stolen
    /// (RFC 9449 section 7.2).
    ///
    /// # Errors
    /// Any [`VerifyError`] that is not about a proof.
    pub fn verify(&self, token: &str) -> Result<Claims, VerifyError> {
        let claims = self.read(token)?;
        if claims.is_bound() {
            return Err(VerifyError::ProofMissing);
        }
        self.must_not_be_revoked(&claims)?;
        Ok(claims)
    }

    /// Checks a token that came as `Authorization: DPoP`, with the one value of the header `DPoP`. `url` is the address
    /// that the caller used, as the world knows this API, not as a proxy passes it on. A query does not matter.
    ///
    /// A proof is good once. Which ones came is remembered in this verifier's memory, a million at most; several programs
    /// that serve the same address each take a proof once.
    ///
    /// # Errors
    /// Any [`VerifyError`].
    pub fn verify_dpop(&self, token: &str, proof: &str, method: &str, url: &str) -> Result<Claims, VerifyError> {
        let claims = self.read(token)?;
        let bound_to = claims.cnf_jkt.as_deref().ok_or(VerifyError::NotBound)?;
        let now = self.clock.now();
        let proof = dpop::verify(proof, dpop::Request { method, url }, now)?;
        if proof.key.thumbprint() != bound_to {
            return Err(VerifyError::ProofKey);
        }
        if proof.ath != Some(dpop::token_hash(token)) {
            return Err(VerifyError::ProofToken);
        }
        self.must_not_be_revoked(&claims)?;
        // Last, so that nothing is remembered of callers without a good token.
        self.proofs.spend(&proof, now)?;
        Ok(claims)
    }

    /// Everything that stands in the token itself.
    fn read(&self, token: &str) -> Result<Claims, VerifyError> {
        let jws = UnverifiedJws::parse(token)?;
        // The type keeps any other JWT of the server from passing for an access token.
        if !matches!(jws.header().typ.as_deref(), Some("at+jwt" | "application/at+jwt")) {
            return Err(VerifyError::Type);
        }
        let kid = jws.header().kid.clone().ok_or(VerifyError::UnknownKey)?;
        let now = self.clock.now();
        let claims = jws.verify(&self.keys.find(&kid, now)?.into())?;
        self.must_be_for_us(&claims)?;
        self.must_be_current(&claims, now)?;
        let claims = Claims::read(claims)?;
        match claims.entity_type {
            EntityType::Client if !self.takes_clients => Err(VerifyError::Entity),
            EntityType::Client | EntityType::Agent => Ok(claims),
        }
    }

    fn must_be_for_us(&self, claims: &Map<String, Value>) -> Result<(), VerifyError> {
        if members::text(claims, "iss") != Some(self.keys.server().issuer()) {
            return Err(VerifyError::Issuer);
        }
        if !claims::audience(claims).is_some_and(|audience| audience.contains(&self.audience)) {
            return Err(VerifyError::Audience(self.audience.clone()));
        }
        Ok(())
    }

    fn must_be_current(&self, claims: &Map<String, Value>, now: i64) -> Result<(), VerifyError> {
        if members::time(claims, "exp").is_none_or(|exp| exp + self.skew <= now) {
            return Err(VerifyError::Expired);
        }
        let is_past = |name| members::time(claims, name).is_some_and(|time| time <= now + self.skew);
        if !is_past("iat") || (claims.contains_key("nbf") && !is_past("nbf")) {
            return Err(VerifyError::NotYet);
        }
        Ok(())
    }

    fn must_not_be_revoked(&self, claims: &Claims) -> Result<(), VerifyError> {
        match &self.revocations {
            Some(revocations) => revocations.check(&claims.jti, &self.keys, self.skew, self.clock.now()),
            None => Ok(()),
        }
    }
}
