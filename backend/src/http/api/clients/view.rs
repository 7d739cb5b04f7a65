//! How a client looks in JSON. Its secret's hash is nobody's to see.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::crypto::ed25519::PublicKey;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::oauth_clients::{ApplicationType, AuthMethod, ClientProfile, OauthClient};
use crate::id::ClientId;

/// A client.
#[derive(Serialize, JsonSchema)]
pub struct ClientView {
    id: ClientId,
    name: String,
    redirect_uris: Vec<String>,
    /// What it may ask for, space-separated; null: anything.
    scope: Option<String>,
    /// `agent` or `overseer`.
    owner_type: String,
    owner_id: String,
    token_endpoint_auth_method: AuthMethod,
    application_type: ApplicationType,
    grant_types: Vec<String>,
    /// Raw Ed25519, base64url without padding; of clients that sign assertions with just this key.
    public_key: Option<String>,
    /// The keys of a client that has registered a set.
    jwks: Option<Value>,
    /// Where a client publishes them that does.
    jwks_uri: Option<String>,
    /// The APIs whose tokens it may introspect.
    resources: Vec<String>,
    /// `fapi2`, or null.
    profile: Option<ClientProfile>,
    /// It gets no token without a DPoP proof.
    dpop_bound_access_tokens: bool,
    /// It may ask only for what it has pushed.
    require_pushed_authorization_requests: bool,
    /// What its id tokens are signed with.
    id_token_signed_response_alg: &'static str,
    /// What userinfo's answers are signed with; null: they are JSON.
    userinfo_signed_response_alg: Option<&'static str>,
    /// Where a browser may be sent once somebody has signed out.
    post_logout_redirect_uris: Vec<String>,
    /// Where it is told that an agent is signed out.
    backchannel_logout_uri: Option<String>,
    /// Since when it is switched off, RFC 3339, UTC.
    disabled_at: Option<String>,
    disabled_reason: Option<String>,
    /// It is let go at the end of the billing period.
    marked_for_cancellation: bool,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC.
    updated_at: String,
}

impl ClientView {
    /// The client.
    pub fn of(client: &OauthClient) -> Self {
        Self {
            id: client.id.clone(),
            name: client.name.clone(),
            redirect_uris: client.redirect_uris.items(),
            scope: client.scope.clone(),
            owner_type: client.owner_type.clone(),
            owner_id: client.owner_id.clone(),
            token_endpoint_auth_method: client.token_endpoint_auth_method,
            application_type: client.application_type,
            grant_types: client.grant_types.items(),
            public_key: client.public_key.as_ref().map(PublicKey::to_base64url),
            jwks: client.jwks.as_ref().map(|keys| json!({ "keys": keys.to_json() })),
            jwks_uri: client.jwks_uri.clone(),
            resources: client.resources.items(),
            profile: client.profile,
            dpop_bound_access_tokens: client.dpop_bound_access_tokens,
            require_pushed_authorization_requests: client.require_pushed_authorization_requests,
            id_token_signed_response_alg: client.id_token_signed_response_alg.as_str(),
            userinfo_signed_response_alg: client.userinfo_signed_response_alg.map(SigningAlgorithm::as_str),
            post_logout_redirect_uris: client.post_logout_redirect_uris.items(),
            backchannel_logout_uri: client.backchannel_logout_uri.clone(),
            disabled_at: client.disabled_at.map(rfc3339),
            disabled_reason: client.disabled_reason.clone(),
            marked_for_cancellation: client.marked_for_cancellation,
            created_at: rfc3339(client.created_at),
            updated_at: rfc3339(client.updated_at),
        }
    }
}

/// A client.
#[derive(Serialize, JsonSchema)]
pub struct OneClient {
    client: ClientView,
}

impl OneClient {
    /// The client.
    pub fn json(client: &OauthClient) -> axum::Json<Self> {
        axum::Json(Self { client: ClientView::of(client) })
    }
}

/// Several clients, oldest first.
#[derive(Serialize, JsonSchema)]
pub struct Clients {
    clients: Vec<ClientView>,
}

impl Clients {
    /// The clients.
    pub fn json(clients: &[OauthClient]) -> axum::Json<Self> {
        axum::Json(Self { clients: clients.iter().map(ClientView::of).collect() })
    }
}

/// A client with what it was just given.
#[derive(Serialize, JsonSchema)]
pub struct IssuedClient {
    success: bool,
    client: ClientView,
    /// Shown only this once; of clients that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// What to do next, for people.
    message: &'static str,
}

impl IssuedClient {
    /// The client, and its secret if it has one.
    pub fn new(client: &OauthClient, client_secret: Option<String>) -> Self {
        let message = match client.token_endpoint_auth_method {
            AuthMethod::PrivateKeyJwt => "Sign the client's assertions (RFC 7523) with its key.",
            AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
                "Keep the secret: it is shown only now, and the server has no more than its hash."
            }
            AuthMethod::None => "The client has no secret: it shows at the token endpoint who it is by PKCE alone.",
        };
        Self { success: true, client: ClientView::of(client), client_secret, message }
    }
}

/// The client that an address names.
#[derive(Deserialize, JsonSchema)]
pub struct ClientPath {
    /// The client.
    pub client_id: ClientId,
}
