//! DPoP proofs (RFC 9449): a request signed with the caller's own key.
//!
//! Section 4.3 lists what is checked. Here everything that needs no database; the caller then spends
//! the proof, so that it counts once.

use serde_json::{Map, Value};
use url::Url;

use crate::crypto::ed25519::PublicKey;
use crate::crypto::jws::UnverifiedJws;
use crate::crypto::{base64url, claims, jwk, sha256};
use crate::db::schema::spent_proofs;
use crate::db::{Error, Tx};

/// How old a proof may be, in seconds.
pub const OLDEST: i64 = 60;
/// How far ahead of our clock it may be, in seconds.
pub const NEWEST: i64 = 10;
/// The longest `jti` that is taken, in bytes.
const LONGEST_JTI: usize = 256;

/// A proof whose signature and claims hold; not yet spent.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The key that signed it.
    pub key: PublicKey,
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
    pub fn new(key: &PublicKey, jti: &str, expires_at: i64) -> Self {
        let both = [key.as_bytes().as_slice(), jti.as_bytes()].concat();
        Self { id: base64url::encode(sha256(&both)), expires_at }
    }

    /// True for exactly one caller, on every node and over a restart.
    pub fn spend(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        spent_proofs::spend(tx, &self.id, self.expires_at)
    }
}

/// A text claim, not empty and not over [`LONGEST_JTI`] bytes.
pub fn jti(claims: &Map<String, Value>) -> Option<&str> {
    claims::text(claims, "jti").filter(|jti| (1..=LONGEST_JTI).contains(&jti.len()))
}

/// Checks a proof for a request of `method` to `address` (issuer and path; never the Host header).
/// The error says which check of section 4.3 failed.
pub fn verify(proof: &str, method: &str, address: &str, now: i64) -> Result<Proof, String> {
    let jws = UnverifiedJws::parse(proof).map_err(|error| error.to_string())?;
    if jws.header().typ.as_deref() != Some("dpop+jwt") {
        return Err("`typ` is not `dpop+jwt`.".into());
    }
    let key = jws.header().jwk.as_ref().ok_or("The header has no `jwk`.")?;
    let key = jwk::parse(key).map_err(|error| error.to_string())?;
    let claims = jws.verify(&key).map_err(|error| error.to_string())?;
    if claims::text(&claims, "htm") != Some(method) {
        return Err(format!("`htm` is not `{method}`."));
    }
    let htu = claims::text(&claims, "htu").ok_or("`htu` is missing.")?;
    if !is_same_address(htu, address) {
        return Err(format!("`htu` is not `{address}`."));
    }
    let iat = claims::time(&claims, "iat").ok_or("`iat` is missing.")?;
    if !(now - OLDEST..=now + NEWEST).contains(&iat) {
        return Err("`iat` is too far from the server's time.".into());
    }
    let jti = jti(&claims).ok_or("`jti` is missing, empty or over 256 bytes.")?;
    let ath = match claims.get("ath") {
        None => None,
        Some(Value::String(ath)) => Some(ath.clone()),
        Some(_) => return Err("`ath` is not a string.".into()),
    };
    // A proof is accepted until iat + OLDEST; it is remembered a little longer, for clocks step back.
    Ok(Proof { key, spent: SpentProof::new(&key, jti, iat + OLDEST + NEWEST + 60), ath })
}

/// Section 4.3 check 9: without query and fragment, after the normalisation of RFC 3986 (case of
/// scheme and host, default port, dot segments), which the URL parser does.
fn is_same_address(htu: &str, address: &str) -> bool {
    let normal = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    matches!((normal(htu), normal(address)), (Some(htu), Some(address)) if htu == address)
}
