//! Access tokens: JWTs that any API can verify offline (RFC 9068), and the refresh tokens issued with them.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::crypto::claims;
use crate::crypto::jws::UnverifiedJws;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::access_tokens::AccessToken;
use crate::id::{AgentId, TokenId};
use crate::oauth::policy::Policy;
use crate::oauth::resource::Audience;
use crate::oauth::scope::Scope;
use crate::oauth::sign_in::{Actor, SignIn};
use crate::oauth::signing_keys::SigningKeys;
use crate::random::Random;
use crate::secret::{RefreshToken, TokenHash};

/// Whose a token is. An API must not take a client for an agent, so the token says which.
#[derive(Clone)]
pub enum Subject {
    /// An agent's.
    Agent(AgentId),
    /// The client's own.
    Client,
}

/// What a token says.
pub struct TokenGrant {
    /// Whose it is.
    pub subject: Subject,
    /// To whom it is issued.
    pub client_id: String,
    /// What it allows.
    pub scope: Scope,
    /// Which APIs it is for.
    pub audience: Audience,
    /// The thumbprint of the DPoP key that it is bound to.
    pub jkt: Option<String>,
    /// What it belongs to; `None` for the caller's own token.
    pub family: Option<Family>,
}

/// Everything that comes from one authorization.
pub struct Family {
    /// `None` begins one.
    pub id: Option<TokenId>,
    /// When it ends at the latest, Unix seconds.
    pub expires_at: i64,
    /// What a refresh may ask for.
    pub granted_scopes: String,
    /// For which audience.
    pub granted_resource: String,
    /// Whether the client may refresh.
    pub has_refresh_token: bool,
    /// What it began with.
    pub sign_in: SignIn,
}

/// RFC 9068 section 2.2 (`at+jwt`: section 2.1); the last two are ours. `act`: RFC 8693 section 4.1.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    client_id: &'a str,
    aud: Value,
    scope: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a TokenId,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'a>>,
    entity_type: &'static str,
    overseen: bool,
}

/// The key that the token is bound to (RFC 7800 section 3.1, RFC 9449 section 6.1).
#[derive(Serialize)]
struct Confirmation<'a> {
    jkt: &'a str,
}

/// A signed token and the row that remembers it.
pub struct Issued {
    /// The JWT.
    pub jwt: String,
    /// The refresh token.
    pub refresh_token: Option<RefreshToken>,
    /// The row.
    pub row: AccessToken,
}

/// What signing takes besides what the token says.
pub struct Issuing<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The keys, one of which signs.
    pub keys: &'a SigningKeys,
    /// How long tokens live.
    pub policy: Policy,
    /// For the times.
    pub clock: &'a Clock,
    /// For the secrets.
    pub random: Random,
}

/// Signs a token. `None` when no key may sign yet.
pub fn issue(grant: &TokenGrant, is_overseen: bool, issuing: &Issuing<'_>) -> Option<Issued> {
    let Issuing { issuer, keys, policy, clock, random } = *issuing;
    let now = clock.now();
    let signer = keys.signer(SigningAlgorithm::EdDsa, now)?;
    let id = TokenId::new(clock, random);
    let (subject, entity_type) = match &grant.subject {
        Subject::Agent(agent_id) => (agent_id.as_str(), "agent"),
        Subject::Client => (grant.client_id.as_str(), "client"),
    };
    let claims = Claims {
        iss: issuer,
        sub: subject,
        client_id: &grant.client_id,
        aud: grant.audience.to_claim(),
        scope: grant.scope.as_str(),
        iat: now,
        exp: now + policy.access_token,
        jti: &id,
        entity_type,
        overseen: is_overseen,
        cnf: grant.jkt.as_deref().map(|jkt| Confirmation { jkt }),
        act: grant.family.as_ref().and_then(|family| family.sign_in.actor()),
    };
    let jwt = signer.sign("at+jwt", &claims);
    let has_refresh_token = grant.family.as_ref().is_some_and(|family| family.has_refresh_token);
    let refresh_token = has_refresh_token.then(|| RefreshToken::generate(id.clone(), random));
    let row = row(grant, id, &jwt, refresh_token.as_ref(), policy, now);
    Some(Issued { jwt, refresh_token, row })
}

fn row(
    grant: &TokenGrant,
    id: TokenId,
    jwt: &str,
    refresh_token: Option<&RefreshToken>,
    policy: Policy,
    now: i64,
) -> AccessToken {
    let family = grant.family.as_ref();
    let expires_at = now + policy.access_token;
    let refresh_expires_at =
        family.filter(|_| refresh_token.is_some()).map(|family| (now + policy.refresh_idle).min(family.expires_at));
    // A client's own token is a family of one: whatever a client holds is found by the index on families.
    let family_id = match (family, &grant.subject) {
        (Some(family), _) => Some(family.id.clone().unwrap_or_else(|| id.clone())),
        (None, Subject::Client) => Some(id.clone()),
        (None, Subject::Agent(_)) => None,
    };
    let sign_in = family.map_or_else(SignIn::default, |family| family.sign_in.clone());
    AccessToken {
        agent_id: if let Subject::Agent(agent_id) = &grant.subject { Some(agent_id.clone()) } else { None },
        client_id: grant.client_id.clone(),
        scopes: grant.scope.as_str().to_owned(),
        access_token_hash: TokenHash::of(jwt).as_str().to_owned(),
        refresh_token_hash: refresh_token.map(|token| token.hash().as_str().to_owned()),
        expires_at,
        created_at: now,
        revoked: false,
        resource: Some(grant.audience.to_text()),
        family_id,
        family_expires_at: family.map(|family| family.expires_at),
        refresh_expires_at,
        refresh_used_at: None,
        granted_scopes: family.map(|family| family.granted_scopes.clone()),
        granted_resource: family.map(|family| family.granted_resource.clone()),
        jkt: grant.jkt.clone(),
        keep_until: Some(expires_at.max(refresh_expires_at.unwrap_or(expires_at))),
        auth_time: sign_in.at,
        amr: sign_in.methods,
        actor_id: sign_in.actor_id,
        id,
    }
}

/// A token that was presented, as it reads. Whether it is one of ours only its row says: see
/// [`PresentedToken::is_of`].
pub struct PresentedToken {
    /// Its `jti`, the id of its row.
    pub id: TokenId,
    /// What it says.
    pub claims: Map<String, Value>,
    hash: TokenHash,
}

impl PresentedToken {
    /// Reads a JWT of the type of access tokens (RFC 9068 section 4: the type keeps any other JWT of ours from
    /// passing for one) that names this issuer and a key that it publishes. `None` for anything else.
    pub fn read(jwt: &str, issuer: &str, keys: &SigningKeys, now: i64) -> Option<Self> {
        let jws = UnverifiedJws::parse(jwt).ok()?;
        if !matches!(jws.header().typ.as_deref(), Some("at+jwt" | "application/at+jwt")) {
            return None;
        }
        // A key that was withdrawn verifies nothing, here as with those who verify offline.
        keys.find(jws.header().kid.as_deref()?, now)?;
        let claims = jws.unverified_claims().clone();
        if claims::text(&claims, "iss") != Some(issuer) {
            return None;
        }
        let id = claims::text(&claims, "jti").and_then(TokenId::parse)?;
        Some(Self { id, claims, hash: TokenHash::of(jwt) })
    }

    /// Whether the row remembers exactly this token: then we signed it, and the signature need not be verified.
    pub fn is_of(&self, row: &AccessToken) -> bool {
        self.id == row.id && self.hash.matches(&row.access_token_hash)
    }
}
