//! `oauth_clients`: applications that recognise agents.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::crypto::ed25519::PublicKey;
use crate::crypto::key_set::KeySet;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::{Error, FromColumn, TextList, Tx, Value, params};
use crate::id::{AgentId, ClientId, OverseerId, Owner};

super::row! {
    /// A registered application.
    OauthClient of "oauth_clients" {
        /// UUIDv7.
        id: ClientId,
        /// `agent` or `overseer`; see [`OauthClient::owner`].
        owner_type: String,
        /// The owner's id.
        owner_id: String,
        /// SHA-256 of the secret, base64url; of clients that have one.
        client_secret_hash: Option<String>,
        /// 1 to 100 characters, any script.
        name: String,
        /// Where an agent may be sent back to.
        redirect_uris: TextList,
        /// How it authenticates at the token endpoint.
        token_endpoint_auth_method: AuthMethod,
        /// Where it runs.
        application_type: ApplicationType,
        /// What it may ask for, space-separated; `None`: anything.
        scope: Option<String>,
        /// Its key, of clients that sign assertions with just one.
        public_key: Option<PublicKey>,
        /// Unix seconds.
        created_at: i64,
        /// Unix seconds.
        updated_at: i64,
        /// Since when it is switched off, Unix seconds.
        disabled_at: Option<i64>,
        /// Why, in the words of whoever did it.
        disabled_reason: Option<String>,
        /// It is let go at the end of the billing period.
        marked_for_cancellation: bool,
        /// It is switched off until the tier has room for it again.
        disabled_by_limit: bool,
        /// The `grant_type`s that it may use.
        grant_types: TextList,
        /// The APIs whose tokens it may introspect.
        resources: TextList,
        /// It gets no token without a DPoP proof.
        dpop_bound_access_tokens: bool,
        /// What its id tokens are signed with.
        id_token_signed_response_alg: SigningAlgorithm,
        /// What userinfo's answers are signed with; `None`: they are JSON.
        userinfo_signed_response_alg: Option<SigningAlgorithm>,
        /// Where a browser may be sent once somebody has signed out.
        post_logout_redirect_uris: TextList,
        /// Its keys, of clients that have registered a set.
        jwks: Option<KeySet>,
        /// Where it publishes them, of clients that do.
        jwks_uri: Option<String>,
        /// It may ask only for what it has pushed.
        require_pushed_authorization_requests: bool,
        /// What it holds itself to beyond OAuth 2.1.
        profile: Option<ClientProfile>,
        /// Where it is told that an agent is signed out.
        backchannel_logout_uri: Option<String>,
    }
}

/// Declares an enum that is stored as its name in the RFCs.
macro_rules! stored_enum {
    ($(#[$doc:meta])* $Name:ident { $($(#[$variant_doc:meta])* $Variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
        pub enum $Name { $($(#[$variant_doc])* #[serde(rename = $text)] $Variant),+ }

        impl $Name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// As on the wire and as stored.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$Variant => $text),+ }
            }

            /// `None` for anything unknown.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text)
            }
        }

        impl FromColumn for $Name {
            fn from_column(value: Value<'_>) -> Option<Self> {
                if let Value::Text(text) = value { Self::parse(text) } else { None }
            }
        }
    };
}

stored_enum! {
    /// How a client authenticates (RFC 7591 section 2, OpenID Connect Core section 9).
    AuthMethod {
        /// A JWT signed with its key.
        PrivateKeyJwt = "private_key_jwt",
        /// Its secret in the Authorization header.
        ClientSecretBasic = "client_secret_basic",
        /// Its secret in the form.
        ClientSecretPost = "client_secret_post",
        /// Not at all: it can not keep a secret.
        None = "none",
    }
}

stored_enum! {
    /// Where an application runs (OpenID Connect Registration section 2).
    ApplicationType {
        /// On a server, or in a browser.
        Web = "web",
        /// On its user's machine.
        Native = "native",
    }
}

stored_enum! {
    /// What a client holds itself, and the server, to.
    ClientProfile {
        /// The FAPI 2.0 Security Profile.
        Fapi2 = "fapi2",
    }
}

stored_enum! {
    /// How a client comes by a token (RFC 6749 section 1.3).
    GrantType {
        /// An agent authorizes it.
        AuthorizationCode = "authorization_code",
        /// It renews what an agent has authorized.
        RefreshToken = "refresh_token",
        /// It is itself.
        ClientCredentials = "client_credentials",
    }
}

impl OauthClient {
    /// Who owns it. `None` only for a broken row.
    pub fn owner(&self) -> Option<Owner> {
        Owner::parse(&self.owner_type, &self.owner_id)
    }
}

/// The client with this id.
pub fn find(tx: &mut Tx<'_>, id: &ClientId) -> Result<Option<OauthClient>, Error> {
    OauthClient::one(tx, "WHERE id = $1", params![id])
}

/// The clients of one owner, oldest first.
pub fn of_owner(tx: &mut Tx<'_>, owner: &Owner) -> Result<Vec<OauthClient>, Error> {
    let clause = "WHERE owner_type = $1 AND owner_id = $2 ORDER BY id";
    OauthClient::all(tx, clause, params![owner.owner_type(), owner.id()])
}

/// The clients of an overseer and of the agents they answer for, oldest first.
pub fn of_overseer(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<Vec<OauthClient>, Error> {
    let clause = "WHERE (owner_type = 'overseer' AND owner_id = $1)
                     OR (owner_type = 'agent' AND owner_id IN
                            (SELECT agent_id FROM oversights WHERE overseer_id = $1 AND active = TRUE))
                  ORDER BY id";
    OauthClient::all(tx, clause, params![overseer_id])
}

/// Up to `limit` of them; `after` is the last id of the page before.
pub fn page_of_overseer(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    after: Option<&ClientId>,
    limit: i64,
) -> Result<Vec<OauthClient>, Error> {
    let clause = "WHERE ((owner_type = 'overseer' AND owner_id = $1)
                      OR (owner_type = 'agent' AND owner_id IN
                             (SELECT agent_id FROM oversights WHERE overseer_id = $1 AND active = TRUE)))
                    AND id > $2
                  ORDER BY id LIMIT $3";
    OauthClient::all(tx, clause, params![overseer_id, after.map_or("", ClientId::as_str), limit])
}

/// The names of the clients in a stretch of an agent's history, by their ids.
pub fn names_in_history(
    tx: &mut Tx<'_>,
    agent_id: &AgentId,
    oldest: &str,
    newest: &str,
) -> Result<HashMap<String, String>, Error> {
    let sql = "SELECT id, name FROM oauth_clients WHERE id IN
                   (SELECT client_id FROM oauth_requests WHERE agent_id = $1 AND id >= $2 AND id <= $3)";
    let rows = tx.query_all(sql, params![agent_id, oldest, newest])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// How many clients one owner has.
pub fn count_of_owner(tx: &mut Tx<'_>, owner: &Owner) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM oauth_clients WHERE owner_type = $1 AND owner_id = $2";
    tx.query_one(sql, params![owner.owner_type(), owner.id()])?.get(0)
}

/// How many clients an overseer and the agents they answer for have together.
pub fn count_of_overseer(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<i64, Error> {
    let sql = "SELECT (SELECT COUNT(*) FROM oauth_clients WHERE owner_type = 'overseer' AND owner_id = $1)
                    + (SELECT COUNT(*) FROM oauth_clients WHERE owner_type = 'agent' AND owner_id IN
                          (SELECT agent_id FROM oversights WHERE overseer_id = $1 AND active = TRUE))";
    tx.query_one(sql, params![overseer_id])?.get(0)
}

/// How many clients can not be held to the FAPI 2.0 Security Profile, as `fapi_problem` of the policy has it; those whose keys
/// are for RS256 alone are not counted.
pub fn count_unfit_for_fapi(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM oauth_clients
               WHERE token_endpoint_auth_method <> 'private_key_jwt' OR id_token_signed_response_alg = 'RS256'
                  OR userinfo_signed_response_alg = 'RS256'
                  OR (application_type <> 'native' AND redirect_uris LIKE '%http:%')";
    tx.query_one(sql, params![])?.get(0)
}

/// Stores a new client.
pub fn insert(tx: &mut Tx<'_>, client: &OauthClient) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO oauth_clients
             (id, owner_type, owner_id, client_secret_hash, name, redirect_uris, token_endpoint_auth_method,
              application_type, scope, public_key, created_at, updated_at, grant_types, resources,
              dpop_bound_access_tokens, id_token_signed_response_alg, userinfo_signed_response_alg,
              post_logout_redirect_uris, jwks, jwks_uri, require_pushed_authorization_requests, profile,
              backchannel_logout_uri)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                 $22)",
        params![
            &client.id,
            &client.owner_type,
            &client.owner_id,
            client.client_secret_hash.as_deref(),
            &client.name,
            &client.redirect_uris,
            client.token_endpoint_auth_method.as_str(),
            client.application_type.as_str(),
            client.scope.as_deref(),
            client.public_key.as_ref().map(PublicKey::to_base64url).as_deref(),
            client.created_at,
            &client.grant_types,
            &client.resources,
            client.dpop_bound_access_tokens,
            client.id_token_signed_response_alg.as_str(),
            client.userinfo_signed_response_alg.map(SigningAlgorithm::as_str),
            &client.post_logout_redirect_uris,
            client.jwks.as_ref().map(as_text).as_deref(),
            client.jwks_uri.as_deref(),
            client.require_pushed_authorization_requests,
            client.profile.map(ClientProfile::as_str),
            client.backchannel_logout_uri.as_deref()
        ],
    )?;
    Ok(())
}

fn as_text(keys: &KeySet) -> String {
    keys.to_json().to_string()
}

/// Stores what its owner may change of a client.
pub fn update(tx: &mut Tx<'_>, client: &OauthClient) -> Result<(), Error> {
    tx.execute(
        "UPDATE oauth_clients
         SET name = $2, redirect_uris = $3, scope = $4, grant_types = $5, resources = $6,
             dpop_bound_access_tokens = $7, updated_at = $8, id_token_signed_response_alg = $9,
             userinfo_signed_response_alg = $10, post_logout_redirect_uris = $11,
             require_pushed_authorization_requests = $12, profile = $13, backchannel_logout_uri = $14
         WHERE id = $1",
        params![
            &client.id,
            &client.name,
            &client.redirect_uris,
            client.scope.as_deref(),
            &client.grant_types,
            &client.resources,
            client.dpop_bound_access_tokens,
            client.updated_at,
            client.id_token_signed_response_alg.as_str(),
            client.userinfo_signed_response_alg.map(SigningAlgorithm::as_str),
            &client.post_logout_redirect_uris,
            client.require_pushed_authorization_requests,
            client.profile.map(ClientProfile::as_str),
            client.backchannel_logout_uri.as_deref()
        ],
    )?;
    Ok(())
}

/// Puts the client's new keys, or where they are published, in the place of the old ones.
pub fn set_keys(tx: &mut Tx<'_>, client: &OauthClient) -> Result<(), Error> {
    tx.execute(
        "UPDATE oauth_clients SET public_key = $2, jwks = $3, jwks_uri = $4, updated_at = $5 WHERE id = $1",
        params![
            &client.id,
            client.public_key.as_ref().map(PublicKey::to_base64url).as_deref(),
            client.jwks.as_ref().map(as_text).as_deref(),
            client.jwks_uri.as_deref(),
            client.updated_at
        ],
    )?;
    Ok(())
}

/// Puts a new secret's hash in the place of the old one.
pub fn set_secret(tx: &mut Tx<'_>, id: &ClientId, hash: &str, now: i64) -> Result<(), Error> {
    let sql = "UPDATE oauth_clients SET client_secret_hash = $2, updated_at = $3 WHERE id = $1";
    tx.execute(sql, params![id, hash, now])?;
    Ok(())
}

/// Switches a client off, since when and why, or on again. `by_limit`: until the tier has room for it again.
pub fn set_disabled(
    tx: &mut Tx<'_>,
    id: &ClientId,
    disabled_at: Option<i64>,
    reason: Option<&str>,
    by_limit: bool,
    now: i64,
) -> Result<(), Error> {
    let sql = "UPDATE oauth_clients
               SET disabled_at = $2, disabled_reason = $3, disabled_by_limit = $4, updated_at = $5
               WHERE id = $1";
    tx.execute(sql, params![id, disabled_at, reason, by_limit, now])?;
    Ok(())
}

/// Marks a client to be let go with the billing period, or takes the mark back.
pub fn mark(tx: &mut Tx<'_>, id: &ClientId, marked: bool) -> Result<(), Error> {
    tx.execute("UPDATE oauth_clients SET marked_for_cancellation = $2 WHERE id = $1", params![id, marked])?;
    Ok(())
}

/// Deletes a client and, by foreign keys, what agents have consented to.
pub fn delete(tx: &mut Tx<'_>, id: &ClientId) -> Result<(), Error> {
    tx.execute("DELETE FROM oauth_clients WHERE id = $1", params![id])?;
    Ok(())
}

/// Whether there is such a client.
pub fn exists(tx: &mut Tx<'_>, id: &ClientId) -> Result<bool, Error> {
    tx.query_one("SELECT EXISTS (SELECT 1 FROM oauth_clients WHERE id = $1)", params![id])?.get(0)
}

/// Deletes an owner's clients; no foreign key reaches them.
pub fn delete_of_owner(tx: &mut Tx<'_>, owner: &Owner) -> Result<(), Error> {
    let sql = "DELETE FROM oauth_clients WHERE owner_type = $1 AND owner_id = $2";
    tx.execute(sql, params![owner.owner_type(), owner.id()])?;
    Ok(())
}
