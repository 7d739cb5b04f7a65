//! Ed25519 keys and what is signed with them: assertions (RFC 7523) and DPoP proofs (RFC 9449). Written here in a
//! few lines, not taken from the server's crates, so that old versions of the server can be measured too.

use std::time::SystemTime;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// How long an assertion is good, in seconds: it is signed just before its round.
const LIFETIME: u64 = 60;

/// A private key.
pub struct Key(Ed25519KeyPair);

impl Key {
    /// A new one.
    pub fn generate() -> anyhow::Result<Self> {
        let key = Ed25519KeyPair::generate().map_err(|_| anyhow::anyhow!("no key can be made"))?;
        Ok(Self(key))
    }

    /// The public half, raw, in base64url.
    pub fn public(&self) -> String {
        base64url(self.0.public_key())
    }

    /// The raw public half.
    pub fn public_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// A raw signature.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    /// A signature in base64url.
    pub fn signature(&self, text: &str) -> String {
        base64url(self.sign(text.as_bytes()))
    }

    /// A client assertion of `id` for this issuer.
    pub fn assertion(&self, id: &str, issuer: &str) -> String {
        let now = now();
        let claims = json!({ "iss": id, "sub": id, "aud": issuer, "iat": now, "exp": now + LIFETIME, "jti": unique() });
        self.jws(&json!({ "alg": "EdDSA", "typ": "JWT" }), &claims)
    }

    /// A DPoP proof for one request.
    pub fn proof(&self, method: &str, address: &str) -> String {
        self.proof_with(method, address, None, None)
    }

    /// The same, that goes with an access token and carries a nonce of the server's.
    pub fn proof_with(&self, method: &str, address: &str, token: Option<&str>, nonce: Option<&str>) -> String {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": self.public() });
        let mut claims = json!({ "htm": method, "htu": address, "iat": now(), "jti": unique() });
        if let Some(token) = token {
            claims["ath"] = json!(hash(token));
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        self.jws(&json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk }), &claims)
    }

    fn jws(&self, header: &Value, claims: &Value) -> String {
        let input = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = self.signature(&input);
        format!("{input}.{signature}")
    }
}

/// Unpadded base64url.
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 in base64url.
pub fn hash(text: &str) -> String {
    base64url(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()))
}

/// A text that was never used before.
pub fn unique() -> String {
    base64url(uuid::Uuid::now_v7().as_bytes())
}

/// Unix seconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
