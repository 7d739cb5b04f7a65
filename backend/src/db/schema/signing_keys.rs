//! `signing_keys`: the keys that sign tokens, private parts encrypted.

use crate::crypto::signer::SigningAlgorithm;
use crate::db::{Error, Tx, params};

super::row! {
    /// A signing key as stored.
    SigningKeyRow of "signing_keys" {
        /// RFC 7638 thumbprint.
        kid: String,
        /// Published in the JWKS: of Ed25519 the raw key in base64url, else the canonical JWK.
        public_key: String,
        /// PKCS#8, sealed under the server's secret.
        sealed_private_key: String,
        /// Published from then on, Unix seconds.
        created_at: i64,
        /// Signs from then on, Unix seconds.
        signs_from: i64,
        /// Published until then, Unix seconds; `None` while it has no successor.
        published_until: Option<i64>,
        /// What it signs with.
        algorithm: SigningAlgorithm,
    }
}

/// All keys, the one that signs last at the end.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<SigningKeyRow>, Error> {
    SigningKeyRow::all(tx, "ORDER BY signs_from, kid", &[])
}

/// Stores a key.
pub fn insert(tx: &mut Tx<'_>, key: &SigningKeyRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO signing_keys (kid, public_key, sealed_private_key, created_at, signs_from, published_until, algorithm)
         VALUES ($1, $2, $3, $4, $5, NULL, $6)",
        params![
            &key.kid,
            &key.public_key,
            &key.sealed_private_key,
            key.created_at,
            key.signs_from,
            key.algorithm.as_str()
        ],
    )?;
    Ok(())
}

/// Gives every key of an algorithm that has no successor an end.
pub fn retire_current(tx: &mut Tx<'_>, algorithm: SigningAlgorithm, published_until: i64) -> Result<(), Error> {
    let sql = "UPDATE signing_keys SET published_until = $1 WHERE published_until IS NULL AND algorithm = $2";
    tx.execute(sql, params![published_until, algorithm.as_str()])?;
    Ok(())
}

/// Replaces the sealed private key, when the server's secret has changed.
pub fn reseal(tx: &mut Tx<'_>, kid: &str, sealed_private_key: &str) -> Result<(), Error> {
    tx.execute("UPDATE signing_keys SET sealed_private_key = $2 WHERE kid = $1", params![kid, sealed_private_key])?;
    Ok(())
}

/// Deletes the keys that are no longer published; how many it was. They are too few for batches.
pub fn purge(tx: &mut Tx<'_>, now: i64, _: i64) -> Result<u64, Error> {
    tx.execute("DELETE FROM signing_keys WHERE published_until <= $1", params![now])
}
