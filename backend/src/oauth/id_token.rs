//! Id tokens (OpenID Connect Core sections 2, 3.1.3.6 and 12.2): what a client learns of the agent that authorized it.
//!
//! An id token is for its client alone: its type keeps it from passing for an access token (RFC 9068 section 4), and its
//! `aud` is the client.

use serde::Serialize;

use crate::crypto::jws::UnverifiedJws;
use crate::crypto::signer::SigningAlgorithm;
use crate::crypto::{base64url, claims, sha256, sha512};
use crate::db::schema::oauth_clients::OauthClient;
use crate::id::AgentId;
use crate::oauth::access_token::{Issued, Subject, TokenGrant};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::scope;
use crate::oauth::sign_in::Actor;
use crate::oauth::signing_keys::SigningKeys;

/// What an id token says besides what the access token says that it goes with.
pub struct IdTokenGrant {
    /// What it is signed with.
    pub algorithm: SigningAlgorithm,
    agent_id: AgentId,
    nonce: Option<String>,
}

/// OpenID Connect Core section 2; `act`: RFC 8693 section 4.1.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'a>>,
}

impl IdTokenGrant {
    /// The one that goes with this token; `None` without the scope `openid`.
    pub fn of(token: &TokenGrant, client: &OauthClient, nonce: Option<String>) -> Option<Self> {
        let Subject::Agent(agent_id) = &token.subject else { return None };
        let is_wanted = scope::holds(token.scope.as_str(), "openid");
        let algorithm = client.id_token_signed_response_alg;
        is_wanted.then(|| Self { algorithm, agent_id: agent_id.clone(), nonce })
    }

    /// Signs it. Refused while no key of the algorithm may sign.
    pub fn issue(
        &self,
        token: &TokenGrant,
        issued: &Issued,
        issuer: &str,
        keys: &SigningKeys,
    ) -> Result<String, OauthError> {
        let now = issued.row.created_at;
        let signer = keys.signer(self.algorithm, now).ok_or(ErrorCode::TemporarilyUnavailable)?;
        let sign_in = token.family.as_ref().map(|family| &family.sign_in);
        let claims = Claims {
            iss: issuer,
            sub: self.agent_id.as_str(),
            aud: &token.client_id,
            iat: now,
            exp: issued.row.expires_at,
            at_hash: at_hash(self.algorithm, &issued.jwt),
            auth_time: sign_in.and_then(|sign_in| sign_in.at),
            nonce: self.nonce.as_deref(),
            amr: sign_in.and_then(|sign_in| Some(sign_in.methods.as_deref()?.split(' ').collect())),
            act: sign_in.and_then(|sign_in| sign_in.actor()),
        };
        Ok(signer.sign("JWT", &claims))
    }
}

/// Whom an id token was about, and for whom it was.
pub struct Hint {
    /// The agent's id.
    pub subject: String,
    /// The client's id.
    pub client_id: String,
    /// The overseer who had picked the agent.
    pub actor: Option<String>,
}

/// Reads an id token that comes back as a hint (sections 3.1.2.1 and 3.1.2.2, RP-Initiated Logout section 2). It may have
/// expired. `None` unless it was signed here, with a key that is still published.
pub fn read_hint(token: &str, issuer: &str, keys: &SigningKeys, now: i64) -> Option<Hint> {
    let jws = UnverifiedJws::parse(token).ok()?;
    // An access token is no hint, for an API that it was sent to has it too.
    if jws.header().typ.as_deref() != Some("JWT") {
        return None;
    }
    let key = keys.find(jws.header().kid.as_deref()?, now)?.key.verifying_key();
    let claims = jws.verify(&key).ok()?;
    let text = |name| claims::text(&claims, name).map(str::to_owned);
    (text("iss")? == issuer).then_some(())?;
    // Userinfo's answers have `iss` and `aud`, too, but no `at_hash`.
    text("at_hash")?;
    let actor = claims.get("act").and_then(|act| act.get("sub")).and_then(|sub| sub.as_str());
    Some(Hint { subject: text("sub")?, client_id: text("aud")?, actor: actor.map(str::to_owned) })
}

/// Section 3.1.3.6: the left half of the hash that belongs to the algorithm, which for Ed25519 is SHA-512 (RFC 8032
/// section 5.1).
fn at_hash(algorithm: SigningAlgorithm, access_token: &str) -> String {
    match algorithm {
        SigningAlgorithm::EdDsa => base64url::encode(&sha512(access_token.as_bytes())[..32]),
        SigningAlgorithm::Es256 | SigningAlgorithm::Rs256 => base64url::encode(&sha256(access_token.as_bytes())[..16]),
    }
}
