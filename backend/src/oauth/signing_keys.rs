//! The server's signing keys: made at first start, encrypted under the server's secret, rotated with
//! overlap. Access tokens are signed with Ed25519; a key of another algorithm is made when the first client asks for it.
//!
//! A new key is published before it signs, so that verifiers that cache the JWKS know it in time; the
//! old one stays published until the last token that it signed has expired.

use std::sync::{Arc, RwLock};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::crypto::canonical_json;
use crate::crypto::jws;
use crate::crypto::signer::{Signer, SigningAlgorithm};
use crate::db::schema::signing_keys::{self, SigningKeyRow};
use crate::db::{Db, Error, Tx};
use crate::random::Random;
use crate::server_secret::Secrets;

/// How long verifiers may keep the JWKS, in seconds.
pub const JWKS_MAX_AGE: i64 = 300;
/// How long a new key is published before it signs, in seconds: twice what verifiers keep.
pub const LEAD: i64 = 2 * JWKS_MAX_AGE;
/// How long it is published at least, in seconds: every node reads the keys again before, and none signs with a key that
/// another does not publish.
pub const SOONEST: i64 = 2 * RELOAD_SECONDS;
/// How often each node reads the keys again, in seconds.
pub const RELOAD_SECONDS: i64 = 5;
/// How long a key is published after it last signed, in seconds: a token's life, and clocks that differ.
const TAIL: i64 = crate::oauth::policy::LONGEST_ACCESS_TOKEN + 120;

/// A key that is published now.
pub struct PublishedKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// Its private part, too, for it may sign.
    pub key: Signer,
    /// Signs from then on, Unix seconds.
    pub signs_from: i64,
    created_at: i64,
    published_until: Option<i64>,
}

/// The keys as last read from the database. Cheap to clone.
#[derive(Clone)]
pub struct SigningKeys {
    keys: Arc<RwLock<Arc<Vec<PublishedKey>>>>,
    /// Held while a key is made, so that those who ask at once wait for the same.
    making: Arc<Mutex<()>>,
}

/// What making a key needs.
pub struct KeyMaker<'a> {
    /// Where keys are kept.
    pub db: &'a Db,
    /// What they are sealed under.
    pub secrets: &'a Secrets,
    /// For the times.
    pub clock: &'a Clock,
    /// For the key.
    pub random: Random,
}

/// Why the keys can not be read.
#[derive(thiserror::Error, Debug)]
pub enum KeysError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
    /// The server's secret is not the one that the keys were sealed under.
    #[error(
        "signing key {0} is sealed under another secret: give the secret that this database was made with \
         (the file `secret` in the data folder, or AGENTID_SECRET), or list it among the retired ones"
    )]
    Sealed(String),
}

impl SigningKeys {
    /// Reads the keys; makes the first one where there is none.
    pub async fn load(db: &Db, secrets: &Secrets, clock: &Clock, random: Random) -> Result<Self, KeysError> {
        let now = clock.now();
        let keys = Self { keys: Arc::default(), making: Arc::default() };
        keys.reload(db, secrets).await?;
        let first = new_row(&Signer::generate(SigningAlgorithm::EdDsa, random), secrets, now, now, random);
        keys.insert_first(first, db, secrets).await?;
        Ok(keys)
    }

    /// Makes the first key of an algorithm, where there is none: it signs from `now + lead` on. One for RSA takes a while
    /// to make, so this is not for a thread that serves others.
    pub async fn ensure(&self, algorithm: SigningAlgorithm, lead: i64, maker: &KeyMaker<'_>) -> Result<(), KeysError> {
        let has_one = || self.all().iter().any(|key| key.key.algorithm() == algorithm);
        if has_one() {
            return Ok(());
        }
        let _alone = self.making.lock().await;
        if has_one() {
            return Ok(());
        }
        let random = maker.random;
        let key = tokio::task::spawn_blocking(move || Signer::generate(algorithm, random));
        let key = key.await.map_err(|_| Error::Panicked)?;
        let now = maker.clock.now();
        self.insert_first(new_row(&key, maker.secrets, now, now + lead, random), maker.db, maker.secrets).await
    }

    /// Stores the key if it is the first of its algorithm; of nodes that do so at once, one is first.
    async fn insert_first(&self, first: SigningKeyRow, db: &Db, secrets: &Secrets) -> Result<(), KeysError> {
        let has_one = |rows: &[SigningKeyRow], algorithm| rows.iter().any(|row| row.algorithm == algorithm);
        let algorithm = first.algorithm;
        if !has_one(&db.read(signing_keys::all).await?, algorithm) {
            db.write(move |tx| match has_one(&signing_keys::all(tx)?, algorithm) {
                true => Ok(()),
                false => signing_keys::insert(tx, &first),
            })
            .await?;
        }
        self.reload(db, secrets).await
    }

    /// Reads the keys again: another process may have rotated them.
    pub async fn reload(&self, db: &Db, secrets: &Secrets) -> Result<(), KeysError> {
        let rows = db.read(signing_keys::all).await?;
        let keys = rows.into_iter().map(|row| opened(row, secrets)).collect::<Result<Vec<_>, _>>()?;
        // A poisoned lock still holds the last whole list, for the list is replaced in one step.
        *self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    /// The keys that are published at `now`.
    pub fn published(&self, now: i64) -> impl Iterator<Item = KeyAt> {
        let keys = self.all();
        let is_published = move |key: &PublishedKey| key.published_until.is_none_or(|until| until > now);
        (0..keys.len()).map(move |index| KeyAt { keys: Arc::clone(&keys), index }).filter(move |at| is_published(at))
    }

    /// The key of an algorithm that signs at `now`: of those that may, the newest. (Not the one that may since last: a key
    /// that was to sign later can have been overtaken by one that signs at once.)
    pub fn signer(&self, algorithm: SigningAlgorithm, now: i64) -> Option<KeyAt> {
        let of_algorithm = || self.published(now).filter(|key| key.key.algorithm() == algorithm);
        let may_sign = of_algorithm().filter(|key| key.signs_from <= now);
        let newest = may_sign.max_by_key(|key| (key.published_until.is_none(), key.created_at));
        if newest.is_some() || algorithm != SigningAlgorithm::EdDsa {
            return newest;
        }
        // A clock that was ahead when the first key was made, and was corrected since, must not stop the server.
        of_algorithm().min_by_key(|key| key.signs_from)
    }

    /// The published key with this id.
    pub fn find(&self, kid: &str, now: i64) -> Option<KeyAt> {
        self.published(now).find(|key| key.kid == kid)
    }

    /// The JWKS (RFC 7517 section 5): public members only.
    pub fn jwks(&self, now: i64) -> Value {
        let keys: Vec<Value> = self.published(now).map(|key| public_jwk(&key)).collect();
        json!({ "keys": keys })
    }

    fn all(&self) -> Arc<Vec<PublishedKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// One key of a list that others may replace meanwhile.
pub struct KeyAt {
    keys: Arc<Vec<PublishedKey>>,
    index: usize,
}

impl std::ops::Deref for KeyAt {
    type Target = PublishedKey;

    fn deref(&self) -> &PublishedKey {
        &self.keys[self.index]
    }
}

/// RFC 7515 section 4.1.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

impl PublishedKey {
    /// Signs claims as a JWT of this type.
    pub fn sign(&self, typ: &'static str, claims: &impl Serialize) -> String {
        jws::sign(&Header { alg: self.key.algorithm().as_str(), typ, kid: &self.kid }, claims, &self.key)
    }
}

/// Stores a new key, which signs from `now + lead` on, and gives its predecessors an end.
pub fn rotate(tx: &mut Tx<'_>, row: &SigningKeyRow) -> Result<(), Error> {
    signing_keys::retire_current(tx, row.algorithm, row.signs_from + TAIL)?;
    signing_keys::insert(tx, row)
}

/// The row of a new key.
pub fn new_row(key: &Signer, secrets: &Secrets, now: i64, signs_from: i64, random: Random) -> SigningKeyRow {
    let kid = key.verifying_key().thumbprint();
    let public_key = match key {
        Signer::EdDsa(key) => key.public_key().to_base64url(),
        Signer::Es256(_) | Signer::Rs256(_) => canonical_json::to_string(&key.verifying_key().to_jwk()),
    };
    SigningKeyRow {
        sealed_private_key: secrets.seal(&kid, &key.to_pkcs8(), random),
        kid,
        public_key,
        created_at: now,
        signs_from,
        published_until: None,
        algorithm: key.algorithm(),
    }
}

/// Seals every key under the current secret. The error names the key that no known secret opens.
pub fn reseal(tx: &mut Tx<'_>, secrets: &Secrets, random: Random) -> Result<usize, KeysError> {
    let rows = signing_keys::all(tx)?;
    for row in &rows {
        let key = secrets.open(&row.kid, &row.sealed_private_key).ok_or(KeysError::Sealed(row.kid.clone()))?;
        signing_keys::reseal(tx, &row.kid, &secrets.seal(&row.kid, &key, random))?;
    }
    Ok(rows.len())
}

fn opened(row: SigningKeyRow, secrets: &Secrets) -> Result<PublishedKey, KeysError> {
    let opened = secrets.open(&row.kid, &row.sealed_private_key);
    let key = opened.and_then(|bytes| Signer::from_pkcs8(row.algorithm, &bytes).ok());
    let key = key.ok_or_else(|| KeysError::Sealed(row.kid.clone()))?;
    let (created_at, signs_from, published_until) = (row.created_at, row.signs_from, row.published_until);
    Ok(PublishedKey { kid: row.kid, key, created_at, signs_from, published_until })
}

fn public_jwk(key: &PublishedKey) -> Value {
    let mut jwk = key.key.verifying_key().to_jwk();
    jwk["kid"] = json!(key.kid);
    jwk["use"] = json!("sig");
    jwk["alg"] = json!(key.key.algorithm().as_str());
    jwk
}
