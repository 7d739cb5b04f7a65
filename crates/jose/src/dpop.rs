//! DPoP proofs (RFC 9449): a request signed with the caller's own key.

use serde_json::{Value, json};
use url::Url;

use crate::ed25519::SigningKey;
use crate::jws::{self, Algorithm, JwsError, UnverifiedJws};
use crate::random::Random;
use crate::verifying_key::{InvalidJwk, VerifyingKey};
use crate::{base64url, claims, jwk, sha256};

/// How old a proof may be, in seconds.
pub const OLDEST: i64 = 60;
/// How far ahead of our clock it may be, in seconds.
pub const NEWEST: i64 = 10;

/// How a proof may be signed, as `alg` names it.
pub const ALGORITHMS: [&str; 3] = ["EdDSA", "Ed25519", "ES256"];

/// What a proof is for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method, as it is sent.
    pub method: &'a str,
    /// The whole address. Query and fragment play no part (section 4.2).
    pub url: &'a str,
}

/// A proof whose signature and claims hold; whether it was used before, the caller finds out.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The key that signed it.
    pub key: VerifyingKey,
    /// Its own name: with the key it is unique.
    pub jti: String,
    /// When it was made, Unix seconds.
    pub iat: i64,
    /// The hash of the access token that it goes with (section 4.2), if any. The caller compares it.
    pub ath: Option<String>,
    /// What the server gave out for it (section 8), if anything. The caller checks it.
    pub nonce: Option<String>,
}

/// Which check of section 4.3 failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// It is no signed token, or its signature does not hold.
    #[error("{0}")]
    Token(#[from] JwsError),
    /// Any other JWT must not pass for a proof.
    #[error("`typ` is not `dpop+jwt`.")]
    Type,
    /// There is no key to check it with.
    #[error("The header has no `jwk`.")]
    NoKey,
    /// The key is none that we take.
    #[error("{0}")]
    Key(#[from] InvalidJwk),
    /// It is signed in a way that we do not take.
    #[error("`alg` is none of {NAMES}.", NAMES = ALGORITHMS.join(", "))]
    Algorithm,
    /// It was made for another method.
    #[error("`htm` is not `{0}`.")]
    Method(String),
    /// It does not say for which address it was made.
    #[error("`htu` is missing.")]
    NoAddress,
    /// It was made for another address.
    #[error("`htu` is not `{0}`.")]
    Address(String),
    /// It does not say when it was made.
    #[error("`iat` is missing.")]
    NoTime,
    /// It is too old, or from the future.
    #[error("`iat` is too far from this machine's time: make a new proof for each request.")]
    Time,
    /// It can not be told from others.
    #[error("`jti` is missing, empty or over 256 bytes.")]
    Id,
    /// The hash is not a text.
    #[error("`ath` or `nonce` is not a string.")]
    Text,
}

/// What a proof says besides its request.
#[derive(Clone, Copy, Default)]
pub struct Extras<'a> {
    /// The access token that it goes with, and with no other.
    pub access_token: Option<&'a str>,
    /// What the server has given out for it (section 8).
    pub nonce: Option<&'a str>,
}

/// Signs a proof: the value of the header `DPoP`.
pub fn sign(request: Request<'_>, extras: Extras<'_>, key: &SigningKey, now: i64, random: Random) -> String {
    let header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk::to_jwk(&key.public_key()) });
    let address = request.url.split(['?', '#']).next().unwrap_or_default();
    let jti = base64url::encode(random.bytes::<16>());
    let mut claims = json!({ "htm": request.method, "htu": address, "iat": now, "jti": jti });
    if let Some(token) = extras.access_token {
        claims["ath"] = json!(token_hash(token));
    }
    if let Some(nonce) = extras.nonce {
        claims["nonce"] = json!(nonce);
    }
    jws::sign(&header, &claims, key)
}

/// What `ath` says of a token: its SHA-256 in base64url.
pub fn token_hash(access_token: &str) -> String {
    base64url::encode(sha256(access_token.as_bytes()))
}

/// Checks a proof for a request; `now` in Unix seconds.
///
/// # Errors
/// Any [`InvalidProof`].
pub fn verify(proof: &str, request: Request<'_>, now: i64) -> Result<Proof, InvalidProof> {
    let jws = UnverifiedJws::parse(proof)?;
    if jws.header().typ.as_deref() != Some("dpop+jwt") {
        return Err(InvalidProof::Type);
    }
    match jws.header().algorithm {
        Algorithm::Ed25519 | Algorithm::Es256 => {}
        Algorithm::Rs256 | Algorithm::Ps256 => return Err(InvalidProof::Algorithm),
    }
    let key = VerifyingKey::from_jwk(jws.header().jwk.as_ref().ok_or(InvalidProof::NoKey)?)?;
    let claims = jws.verify(&key)?;
    if claims::text(&claims, "htm") != Some(request.method) {
        return Err(InvalidProof::Method(request.method.to_owned()));
    }
    let htu = claims::text(&claims, "htu").ok_or(InvalidProof::NoAddress)?;
    if !is_same_address(htu, request.url) {
        return Err(InvalidProof::Address(request.url.to_owned()));
    }
    let iat = claims::time(&claims, "iat").ok_or(InvalidProof::NoTime)?;
    if !(now - OLDEST..=now + NEWEST).contains(&iat) {
        return Err(InvalidProof::Time);
    }
    let jti = claims::jti(&claims).ok_or(InvalidProof::Id)?.to_owned();
    let text = |name| match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(InvalidProof::Text),
    };
    Ok(Proof { key, jti, iat, ath: text("ath")?, nonce: text("nonce")? })
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
    htu == address || matches!((normal(htu), normal(address)), (Some(htu), Some(address)) if htu == address)
}
