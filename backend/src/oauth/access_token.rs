//! Access tokens: JWTs that any API can verify offline (RFC 9068).

use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::crypto::claims;
use crate::crypto::jws::{self, UnverifiedJws};
use crate::db::schema::access_tokens::AccessToken;
use crate::id::{AgentId, TokenId};
use crate::oauth::resource::Audience;
use crate::oauth::scope::Scope;
use crate::oauth::signing_keys::SigningKeys;
use crate::random::Random;
use crate::secret::TokenHash;

/// How long a token lives, in seconds.
pub const LIFETIME: i64 = 15 * 60;

/// What a token says.
pub struct Grant<'a> {
    /// Who issues it.
    pub issuer: &'a str,
    /// Whose it is.
    pub agent_id: &'a AgentId,
    /// To whom it is issued.
    pub client_id: &'a str,
    /// What it allows.
    pub scope: &'a Scope,
    /// Which APIs it is for.
    pub audience: &'a Audience,
    /// Whether a real overseer answers for the agent.
    pub is_overseen: bool,
}

/// A signed token and the row that remembers it.
pub struct Issued {
    /// The JWT.
    pub jwt: String,
    /// The row.
    pub row: AccessToken,
}

/// Signs a token. `None` when no key may sign yet.
pub fn issue(grant: &Grant<'_>, keys: &SigningKeys, clock: &Clock, random: Random) -> Option<Issued> {
    let now = clock.now();
    let signer = keys.signer(now)?;
    let id = TokenId::new(clock, random);
    let claims = json!({
        "iss": grant.issuer,
        "sub": grant.agent_id,
        "client_id": grant.client_id,
        "aud": grant.audience.to_claim(),
        "scope": grant.scope.as_str(),
        "iat": now,
        "exp": now + LIFETIME,
        "jti": id,
        "entity_type": "agent",
        "overseen": grant.is_overseen,
    });
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": signer.kid });
    let jwt = jws::sign(&header, &claims, &signer.key);
    let row = AccessToken {
        id,
        agent_id: Some(grant.agent_id.clone()),
        client_id: grant.client_id.to_owned(),
        scopes: grant.scope.as_str().to_owned(),
        access_token_hash: TokenHash::of(&jwt).as_str().to_owned(),
        expires_at: now + LIFETIME,
        created_at: now,
        revoked: false,
        resource: Some(grant.audience.to_text()),
        refresh_token_hash: None,
        family_id: None,
        family_expires_at: None,
        refresh_expires_at: None,
        refresh_used_at: None,
        granted_scopes: None,
        granted_resource: None,
        jkt: None,
        keep_until: Some(now + LIFETIME),
    };
    Some(Issued { jwt, row })
}

/// The claims of a token that this server signed and that has not expired; whether it was revoked only
/// its row knows. `None` for anything else.
pub fn verify(jwt: &str, issuer: &str, keys: &SigningKeys, now: i64) -> Option<(TokenId, Map<String, Value>)> {
    let jws = UnverifiedJws::parse(jwt).ok()?;
    // RFC 9068 section 4: the type keeps any other JWT of ours from passing for an access token.
    if !matches!(jws.header().typ.as_deref(), Some("at+jwt" | "application/at+jwt")) {
        return None;
    }
    let key = keys.find(jws.header().kid.as_deref()?, now)?;
    let claims = jws.verify(&key.key.public_key()).ok()?;
    let is_ours = claims::text(&claims, "iss") == Some(issuer);
    let is_live = claims::time(&claims, "exp").is_some_and(|exp| exp > now);
    let id = claims::text(&claims, "jti").and_then(TokenId::parse)?;
    (is_ours && is_live).then_some((id, claims))
}
