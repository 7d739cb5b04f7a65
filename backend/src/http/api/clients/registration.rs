//! `POST /v1/clients/register/{owner_type}`: an application comes to be.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::OwnerPath;
use super::view::IssuedClient;
use crate::app::App;
use crate::crypto::key_input::KeyInput;
use crate::crypto::key_set::KeySet;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::oauth_clients::{ApplicationType, AuthMethod, ClientProfile, GrantType, OauthClient};
use crate::http::error::Created;
use crate::http::extract::{At, JsonBody, OwnerCaller};
use crate::id::ClientId;
use crate::identity::fields::Name;
use crate::identity::security_log::CalledFrom;
use crate::oauth::clients::metadata;
use crate::oauth::clients::registration::{self, Draft, Keys, Request};
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// What an application is, under the names of RFC 7591 where it has one.
#[derive(Deserialize, JsonSchema)]
pub struct RegisterClient {
    /// 1 to 100 characters, any script.
    name: String,
    /// 1 to 20: https, http on 127.0.0.1, [::1] or localhost, or a private-use scheme of a native application. None
    /// at all only without the grant `authorization_code`.
    #[serde(default)]
    redirect_uris: Vec<String>,
    /// For `private_key_jwt`.
    public_key: Option<KeyInput>,
    /// Instead: 1 to 10 keys for `EdDSA`, `Ed25519`, `ES256`, `PS256` or `RS256`.
    jwks: Option<JwkSet>,
    /// Instead: an https address where the client publishes them.
    jwks_uri: Option<String>,
    /// What it may ask for, space-separated; anything when left out.
    scope: Option<String>,
    /// `private_key_jwt` when there is a key, else `none` for a native application, else `client_secret_basic`.
    token_endpoint_auth_method: Option<AuthMethod>,
    /// `web` when left out.
    application_type: Option<ApplicationType>,
    /// `authorization_code` and `refresh_token` when left out, and `client_credentials` if it authenticates.
    grant_types: Option<Vec<GrantType>>,
    /// Up to 20 APIs whose tokens it may introspect, each on the origin of a redirect URI of its owner's.
    resources: Option<Vec<String>>,
    /// `fapi2`: the client, and the server towards it, are held to the FAPI 2.0 Security Profile.
    profile: Option<ClientProfile>,
    /// It gets no token without a DPoP proof. True with a profile when left out, else false.
    dpop_bound_access_tokens: Option<bool>,
    /// It may ask only for what it has pushed (RFC 9126). True with a profile when left out, else false.
    require_pushed_authorization_requests: Option<bool>,
    /// `EdDSA` when left out, `ES256` or `RS256`.
    id_token_signed_response_alg: Option<String>,
    /// The same; without it, userinfo answers JSON.
    userinfo_signed_response_alg: Option<String>,
    /// Up to 20 addresses to which a browser may be sent once somebody has signed out.
    post_logout_redirect_uris: Option<Vec<String>>,
    /// An https address where the application is told that an agent is signed out (OpenID Connect Back-Channel Logout 1.0).
    backchannel_logout_uri: Option<String>,
}

/// A JWK set (RFC 7517 section 5).
#[derive(Deserialize, JsonSchema)]
pub struct JwkSet {
    /// Public keys.
    keys: Vec<Value>,
}

/// `POST /v1/clients/register/{owner_type}`
pub async fn register(
    State(app): State<App>,
    At(OwnerPath { owner_type }): At<OwnerPath>,
    caller: OwnerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<RegisterClient>,
) -> Result<Created<IssuedClient>, Refusal> {
    let (draft, secret) = draft(&app, body)?;
    let tiers = app.tiers.clone();
    let register = caller.write(&app, move |tx, principal| {
        owner_type.must_be_that_of(principal)?;
        registration::register(tx, principal, &draft, &tiers, &from)
    });
    let client = register.await?;
    have_signing_keys(&app, &client).await;
    let has_secret = client.client_secret_hash.is_some();
    Ok(Created(IssuedClient::new(&client, has_secret.then(|| secret.expose().to_owned()))))
}

/// A client that may be stored, and the secret that it has if it is to have one.
pub fn draft(app: &App, body: RegisterClient) -> Result<(Draft, PlainToken), Refusal> {
    let secret = PlainToken::generate(app.random);
    let id = ClientId::new(&app.clock, app.random);
    let draft = Draft::new(body.request()?, id, &secret.hash(), &app.client_rules(), app.clock.now())?;
    Ok((draft, secret))
}

/// Makes the keys that the client's tokens are signed with. What fails here, the token endpoint tries again.
pub async fn have_signing_keys(app: &App, client: &OauthClient) {
    let algorithms = [Some(client.id_token_signed_response_alg), client.userinfo_signed_response_alg];
    for algorithm in algorithms.into_iter().flatten() {
        app.have_signing_key(algorithm).await;
    }
}

impl RegisterClient {
    fn request(self) -> Result<Request, Refusal> {
        let signed_with =
            |member, name: Option<String>| name.map(|name| metadata::signed_with(member, &name)).transpose();
        let id_token = signed_with("id_token_signed_response_alg", self.id_token_signed_response_alg)?;
        let userinfo = signed_with("userinfo_signed_response_alg", self.userinfo_signed_response_alg)?;
        Ok(Request {
            name: Name::parse(&self.name)?,
            redirect_uris: self.redirect_uris,
            keys: keys(self.public_key, self.jwks, self.jwks_uri)?,
            scope: self.scope,
            auth_method: self.token_endpoint_auth_method,
            application_type: self.application_type.unwrap_or(ApplicationType::Web),
            grant_types: self.grant_types,
            resources: self.resources.unwrap_or_default(),
            profile: self.profile,
            dpop_bound_access_tokens: self.dpop_bound_access_tokens,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests,
            id_token_signed_response_alg: id_token.unwrap_or(SigningAlgorithm::EdDsa),
            userinfo_signed_response_alg: userinfo,
            post_logout_redirect_uris: self.post_logout_redirect_uris.unwrap_or_default(),
            backchannel_logout_uri: self.backchannel_logout_uri,
        })
    }
}

/// A client's keys in one of the three ways. A set of just one Ed25519 key without a name is kept as that key.
pub fn keys(
    public_key: Option<KeyInput>,
    jwks: Option<JwkSet>,
    jwks_uri: Option<String>,
) -> Result<Option<Keys>, Refusal> {
    Ok(match (public_key, jwks, jwks_uri) {
        (None, None, None) => None,
        (Some(key), None, None) => Some(Keys::One(key.key().map_err(invalid_key)?)),
        (None, Some(set), None) => {
            let set = KeySet::parse(&set.keys).map_err(invalid_key)?;
            Some(set.only_ed25519().map_or(Keys::Set(set), Keys::One))
        }
        (None, None, Some(address)) => Some(Keys::At(address)),
        (_, _, _) => {
            let sentence = "`public_key`, `jwks` and `jwks_uri` are three ways to say the same. Send one of them.";
            return Err(Code::InvalidField.because(sentence));
        }
    })
}

/// The sentence for a key that is none.
fn invalid_key(error: impl std::fmt::Display) -> Refusal {
    Code::InvalidKey.because(error.to_string())
}
