//! What a request needs, built once.

use std::sync::Arc;

use crate::billing::price_tag::PriceTag;
use crate::billing::reconcile::Reconciler;
use crate::billing::tiers::Tiers;
use crate::clock::Clock;
use crate::config::{Config, DpopNonce};
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::server_values;
use crate::db::{Db, Error};
use crate::id::OverseerId;
use crate::identity::dpop_nonce::Nonces;
use crate::identity::letters::{self, Letters};
use crate::identity::passwords::Passwords;
use crate::identity::security_log::CalledFrom;
use crate::mail::Mailer;
use crate::oauth::authorization;
use crate::oauth::backchannel_logout::Sender;
use crate::oauth::client_keys::ClientKeys;
use crate::oauth::clients::metadata::Rules;
use crate::oauth::known_callers::KnownCallers;
use crate::oauth::policy::Policy;
use crate::oauth::signing_keys::{self, KeyMaker, SigningKeys};
use crate::outbound::Outbound;
use crate::outbound::paddle::Paddle;
use crate::oversight::claims;
use crate::random::Random;
use crate::rate_limit::{RateLimit, RateLimits};
use crate::server_secret::Secrets;
use crate::settlement;

/// The parts of a running server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] gives access to.
pub struct Parts {
    /// The settings in force.
    pub config: Config,
    /// The base URL, without a trailing slash.
    pub issuer: String,
    /// For every time.
    pub clock: Clock,
    /// For every secret and identifier.
    pub random: Random,
    /// The database.
    pub db: Db,
    /// What the signing keys are sealed under.
    pub secrets: Secrets,
    /// The keys that sign tokens.
    pub signing_keys: SigningKeys,
    /// Who is held to what.
    pub policy: Policy,
    /// Who has which tier.
    pub tiers: Tiers,
    /// What proofs may have to carry.
    pub dpop_nonces: Nonces,
    /// What callers' signatures are checked with.
    pub client_keys: ClientKeys,
    /// Calls to the outside.
    pub outbound: Outbound,
    /// Letters to overseers.
    pub letters: Letters,
    /// The way to the mail server, if one is set.
    pub mailer: Option<Mailer>,
    /// The way to Paddle, if anybody can pay here.
    pub paddle: Option<Paddle>,
    /// What lifting an agent's limits costs.
    pub shadow_price: PriceTag,
    /// Callers of the OAuth endpoints, as last read.
    pub known_callers: KnownCallers,
    /// The pool that hashes passwords.
    pub passwords: Passwords,
    /// Who has asked how often.
    pub rate_limits: RateLimits,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Checks that the secret fits the database, and loads or makes the signing keys. The database is
    /// migrated already.
    pub async fn build(config: Config, db: Db, secrets: Secrets, clock: Clock, random: Random) -> anyhow::Result<Self> {
        check_secret(&db, &secrets).await?;
        let signing_keys = SigningKeys::load(&db, &secrets, &clock, random).await?;
        let passwords = Passwords::new(config.passwords.threads as usize, config.passwords.queue as usize, random);
        let limits = &config.limits;
        let rate_limits = RateLimits {
            registrations: RateLimit::new(limits.registrations_per_minute, &clock),
            logins: RateLimit::new(limits.logins_per_minute, &clock),
            accounts: RateLimit::new(limits.logins_per_minute, &clock),
            letters: RateLimit::per_hour(limits.letters_per_hour, &clock),
            claims: RateLimit::new(limits.claims_per_minute, &clock),
            interactions: RateLimit::new(limits.interactions_per_minute, &clock),
            pushes_of_clients: RateLimit::new(limits.pushed_requests_per_minute, &clock),
            pushes_of_anybody: RateLimit::new(limits.pushed_requests_per_minute.div_ceil(10), &clock),
        };
        let issuer = config.server.issuer.to_string();
        let mailer = Mailer::new(&config.mail, &issuer)?;
        let outbound = Outbound::new(config.outbound.allow.clone());
        Ok(Self(Arc::new(Parts {
            policy: Policy::new(&config.oauth, &config.mail),
            tiers: Tiers::new(&config.billing, &config.paddle),
            dpop_nonces: Nonces::new(secrets.clone(), config.oauth.dpop_nonce == DpopNonce::Required),
            client_keys: ClientKeys::new(outbound.clone()),
            letters: Letters::new(mailer.is_some()),
            mailer,
            paddle: Paddle::new(&config.paddle),
            shadow_price: PriceTag::default(),
            known_callers: KnownCallers::default(),
            config,
            issuer,
            clock,
            random,
            db,
            secrets,
            signing_keys,
            outbound,
            passwords,
            rate_limits,
        })))
    }

    /// Makes the key of an algorithm, if there is none yet. For a client that is registered: a stranger must not have keys
    /// made.
    pub async fn have_signing_key(&self, algorithm: SigningAlgorithm) {
        let Parts { db, secrets, clock, random, .. } = &**self;
        let maker = KeyMaker { db, secrets, clock, random: *random };
        // Another node may sign with it as soon as it reads it, so every node must publish it by then.
        let lead = if self.config.database.url.expose().is_some() { signing_keys::SOONEST } else { 0 };
        if let Err(error) = self.signing_keys.ensure(algorithm, lead, &maker).await {
            tracing::error!(%error, algorithm = algorithm.as_str(), "a signing key can not be made now");
        }
    }

    /// What the rules of authorization need.
    pub fn authorization(&self) -> authorization::Server {
        authorization::Server {
            issuer: self.issuer.clone(),
            keys: self.signing_keys.clone(),
            tiers: self.tiers.clone(),
            policy: self.policy,
            clock: self.clock.clone(),
            random: self.random,
        }
    }

    /// What telling applications of a logout takes.
    pub fn logout_sender(&self) -> Sender {
        let (keys, clock) = (self.signing_keys.clone(), self.clock.clone());
        Sender::new(self.issuer.clone(), self.db.clone(), keys, self.policy, &self.outbound, clock, self.random)
    }

    /// Takes from an overseer what goes, and gives back what there is room for. What fails is done by the next round.
    pub async fn settle(&self, overseer_id: OverseerId) {
        let (tiers, letters, from) =
            (self.tiers.clone(), self.letters, CalledFrom::command_line(&self.clock, self.random));
        let settle = self.db.write(move |tx| settlement::settle(tx, &overseer_id, &tiers, letters, &from));
        if let Err(refusal) = settle.await {
            tracing::warn!(code = refusal.code.as_str(), source = ?refusal.source, "a tier can not be settled now");
        }
    }

    /// What looking up at Paddle takes; `None` when nobody can pay here.
    pub fn reconciler(&self) -> Option<Reconciler> {
        Some(Reconciler {
            db: self.db.clone(),
            paddle: self.paddle.clone()?,
            tiers: self.tiers.clone(),
            clock: self.clock.clone(),
            random: self.random,
        })
    }

    /// What sending letters takes; `None` when none are sent.
    pub fn letter_sender(&self) -> Option<letters::Sender> {
        let mailer = self.mailer.clone()?;
        Some(letters::Sender::new(self.issuer.clone(), self.db.clone(), mailer, self.clock.clone(), self.random))
    }

    /// What the rules for clients need.
    pub fn client_rules(&self) -> Rules<'_> {
        Rules { issuer: &self.issuer, policy: self.policy, outbound: &self.outbound }
    }

    /// What the rules of claims need.
    pub fn claims(&self) -> claims::Server {
        claims::Server {
            issuer: self.issuer.clone(),
            tiers: self.tiers.clone(),
            secrets: self.secrets.clone(),
            clock: self.clock.clone(),
            random: self.random,
        }
    }
}

/// A server with another secret than the database was made with refuses to start: it could not read the
/// signing keys, and would hand out identifiers that the others do not recognise.
async fn check_secret(db: &Db, secrets: &Secrets) -> anyhow::Result<()> {
    let id = secrets.current_id();
    let stored = db.read(|tx| server_values::find(tx, server_values::SECRET_CHECK)).await?;
    if stored.as_ref() == Some(&id) {
        return Ok(());
    }
    let known = secrets.clone();
    // Decided where it is written: of nodes that start at once with different secrets, one is first.
    let is_known = db.write(move |tx| {
        let stored = server_values::get_or_set(tx, server_values::SECRET_CHECK, &id)?;
        let is_known = known.knows(&stored);
        if is_known && stored != id {
            server_values::set(tx, server_values::SECRET_CHECK, &id)?;
        }
        Ok::<_, Error>(is_known)
    });
    if is_known.await? {
        return Ok(());
    }
    Err(anyhow::anyhow!(
        "the secret from {} is not the one that this database was made with: give that one (the file `secret` \
         in the data folder, or AGENTID_SECRET), or list it in AGENTID_RETIRED_SECRETS",
        secrets.origin()
    ))
}
