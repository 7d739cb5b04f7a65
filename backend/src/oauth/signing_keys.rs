//! The server's signing keys: made at first start, encrypted under the server's secret, rotated with
//! overlap.
//!
//! A new key is published before it signs, so that verifiers that cache the JWKS know it in time; the
//! old one stays published until the last token that it signed has expired.

use std::sync::{Arc, RwLock};

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::crypto::ed25519::SigningKey;
use crate::crypto::jwk;
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
const TAIL: i64 = crate::oauth::access_token::LIFETIME + 120;

/// A key that is published now.
pub struct PublishedKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// Its private part, too, for it may sign.
    pub key: SigningKey,
    /// Signs from then on, Unix seconds.
    pub signs_from: i64,
    created_at: i64,
    published_until: Option<i64>,
}

/// The keys as last read from the database. Cheap to clone.
#[derive(Clone)]
pub struct SigningKeys {
    keys: Arc<RwLock<Arc<Vec<PublishedKey>>>>,
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
        let first = new_row(&SigningKey::generate(random), secrets, now, now, random);
        let insert_first = move |tx: &mut Tx<'_>| match signing_keys::all(tx)?.is_empty() {
            true => signing_keys::insert(tx, &first),
            false => Ok(()),
        };
        if db.read(signing_keys::all).await?.is_empty() {
            db.write(insert_first).await?;
        }
        let keys = Self { keys: Arc::default() };
        keys.reload(db, secrets).await?;
        Ok(keys)
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

    /// The key that signs at `now`: of those that may, the newest. (Not the one that may since last: a key that
    /// was to sign later can have been overtaken by one that signs at once.)
    pub fn signer(&self, now: i64) -> Option<KeyAt> {
        let may_sign = self.published(now).filter(|key| key.signs_from <= now);
        let newest = may_sign.max_by_key(|key| (key.published_until.is_none(), key.created_at));
        // A clock that was ahead when the first key was made, and was corrected since, must not stop the server.
        newest.or_else(|| self.published(now).min_by_key(|key| key.signs_from))
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

/// Stores a new key, which signs from `now + lead` on, and gives its predecessors an end.
pub fn rotate(tx: &mut Tx<'_>, row: &SigningKeyRow) -> Result<(), Error> {
    signing_keys::retire_current(tx, row.signs_from + TAIL)?;
    signing_keys::insert(tx, row)
}

/// The row of a new key.
pub fn new_row(key: &SigningKey, secrets: &Secrets, now: i64, signs_from: i64, random: Random) -> SigningKeyRow {
    let public_key = key.public_key();
    let kid = jwk::thumbprint(&public_key);
    let sealed_private_key = secrets.seal(&kid, &key.to_pkcs8(), random);
    SigningKeyRow { kid, public_key, sealed_private_key, created_at: now, signs_from, published_until: None }
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
    let key = secrets.open(&row.kid, &row.sealed_private_key).and_then(|bytes| SigningKey::from_pkcs8(&bytes).ok());
    let key = key.ok_or_else(|| KeysError::Sealed(row.kid.clone()))?;
    let (created_at, signs_from, published_until) = (row.created_at, row.signs_from, row.published_until);
    Ok(PublishedKey { kid: row.kid, key, created_at, signs_from, published_until })
}

fn public_jwk(key: &PublishedKey) -> Value {
    let mut jwk = jwk::to_jwk(&key.key.public_key());
    jwk["kid"] = json!(key.kid);
    jwk["use"] = json!("sig");
    jwk["alg"] = json!("EdDSA");
    jwk
}
