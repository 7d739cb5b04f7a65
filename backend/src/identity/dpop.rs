//! DPoP proofs (RFC 9449): a request signed with the caller's own key.
//!
//! What section 4.3 lists is checked by `crates/jose`, for server and clients alike. Here a proof becomes
//! something that is spent in the database, so that it counts once.

use crate::crypto::dpop::{self, InvalidProof, NEWEST, OLDEST, Request};
use crate::crypto::verifying_key::VerifyingKey;
use crate::crypto::{base64url, sha256};
use crate::db::schema::spent_proofs;
use crate::db::{Error, Tx};
use crate::identity::dpop_nonce::Nonces;

/// A proof whose signature and claims hold; not yet spent.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The key that signed it.
    pub key: VerifyingKey,
    /// What it is remembered by.
    pub spent: SpentProof,
    /// The hash of the access token it goes with (section 4.2), if any.
    pub ath: Option<String>,
}

/// What a used proof or assertion is remembered by: the SHA-256 of its key and its `jti`.
#[derive(Clone, Debug)]
pub struct SpentProof {
    id: String,
    expires_at: i64,
}

impl SpentProof {
    /// `expires_at`: when the proof would be refused as too old anyway, Unix seconds.
    pub fn new(key: &VerifyingKey, jti: &str, expires_at: i64) -> Self {
        let both = [key.as_bytes(), jti.as_bytes()].concat();
        Self { id: base64url::encode(sha256(&both)), expires_at }
    }

    /// True for exactly one caller, on every node and over a restart.
    pub fn spend(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        spent_proofs::spend(tx, &self.id, self.expires_at)
    }
}

/// Why a proof does not count.
pub enum Refused {
    /// Which check of section 4.3 failed, in a sentence.
    Invalid(String),
    /// It needs a nonce, or another one (section 8).
    UseNonce,
}

/// What is said of [`Refused::UseNonce`].
pub const USE_NONCE: &str = "Make a new proof with the nonce of the header DPoP-Nonce.";

/// Checks a proof for a request of `method` to `address` (issuer and path; never the Host header).
pub fn verify(proof: &str, method: &str, address: &str, nonces: &Nonces, now: i64) -> Result<Proof, Refused> {
    let proof = dpop::verify(proof, Request { method, url: address }, now).map_err(|invalid| {
        // Who reads this is on another machine.
        Refused::Invalid(if invalid == InvalidProof::Time {
            "`iat` is too far from the server's time.".to_owned()
        } else {
            invalid.to_string()
        })
    })?;
    if !nonces.accepts(proof.nonce.as_deref(), now) {
        return Err(Refused::UseNonce);
    }
    // A proof is accepted until iat + OLDEST; it is remembered a little longer, for clocks step back.
    let spent = SpentProof::new(&proof.key, &proof.jti, proof.iat + OLDEST + NEWEST + 60);
    Ok(Proof { key: proof.key, spent, ath: proof.ath })
}
