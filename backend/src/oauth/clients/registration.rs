//! How a client comes to be (RFC 7591 section 2, by its owner's own credential).

use super::metadata::Rules;
use super::{limit, metadata, resources};
use crate::billing::tiers::Tiers;
use crate::crypto::ed25519::PublicKey;
use crate::crypto::key_set::KeySet;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::oauth_clients::{self, ApplicationType, AuthMethod, ClientProfile, GrantType, OauthClient};
use crate::db::{TextList, Tx};
use crate::id::{ClientId, Owner};
use crate::identity::agents as agent_rules;
use crate::identity::credentials::Principal;
use crate::identity::fields::Name;
use crate::identity::security_log::{CalledFrom, Kind};
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// What an owner asks for.
pub struct Request {
    /// Its name.
    pub name: Name,
    /// Where agents may be sent back to.
    pub redirect_uris: Vec<String>,
    /// What it signs assertions with.
    pub keys: Option<Keys>,
    /// Space-separated; any when absent.
    pub scope: Option<String>,
    /// How it authenticates; by what it has when absent.
    pub auth_method: Option<AuthMethod>,
    /// Where it runs.
    pub application_type: ApplicationType,
    /// How it comes by tokens; the usual ways when absent.
    pub grant_types: Option<Vec<GrantType>>,
    /// The APIs whose tokens it may introspect.
    pub resources: Vec<String>,
    /// What it holds itself to beyond OAuth 2.1.
    pub profile: Option<ClientProfile>,
    /// It gets no token without a DPoP proof; as its profile has it when absent.
    pub dpop_bound_access_tokens: Option<bool>,
    /// It may ask only for what it has pushed; as its profile has it when absent.
    pub require_pushed_authorization_requests: Option<bool>,
    /// What its id tokens are signed with.
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// What userinfo's answers are signed with; `None`: they are JSON.
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// Where a browser may be sent once somebody has signed out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told that an agent is signed out.
    pub backchannel_logout_uri: Option<String>,
}

/// Where a client's keys are.
#[derive(Clone)]
pub enum Keys {
    /// Here, and just one.
    One(PublicKey),
    /// Here.
    Set(KeySet),
    /// At this address of the client's.
    At(String),
}

impl Keys {
    /// Puts them in the place of the client's.
    pub fn put(self, client: &mut OauthClient) {
        (client.public_key, client.jwks, client.jwks_uri) = match self {
            Self::One(key) => (Some(key), None, None),
            Self::Set(keys) => (None, Some(keys), None),
            Self::At(address) => (None, None, Some(address)),
        };
    }
}

/// A client that may be stored, once it is known whose it is.
#[derive(Clone)]
pub struct Draft(OauthClient);

impl Draft {
    /// Checks the request. The secret is for a client that has one; others leave it unused.
    pub fn new(
        request: Request,
        id: ClientId,
        secret: &TokenHash,
        rules: &Rules<'_>,
        now: i64,
    ) -> Result<Self, Refusal> {
        let is_fapi = rules.policy.is_fapi_server() || request.profile == Some(ClientProfile::Fapi2);
        let method = method_of(&request)?;
        let grants = request.grant_types.unwrap_or_else(|| metadata::default_grants(method).to_vec());
        let mut client = OauthClient {
            id,
            owner_type: String::new(),
            owner_id: String::new(),
            client_secret_hash: has_secret(method).then(|| secret.as_str().to_owned()),
            name: request.name.into_string(),
            redirect_uris: TextList::new(&request.redirect_uris),
            token_endpoint_auth_method: method,
            application_type: request.application_type,
            scope: request.scope.as_deref().map(metadata::scope).transpose()?,
            public_key: None,
            created_at: now,
            updated_at: now,
            disabled_at: None,
            disabled_reason: None,
            disabled_by_limit: false,
            marked_for_cancellation: false,
            grant_types: metadata::grant_list(&grants),
            resources: TextList::new(&request.resources),
            dpop_bound_access_tokens: request.dpop_bound_access_tokens.unwrap_or(is_fapi),
            id_token_signed_response_alg: request.id_token_signed_response_alg,
            userinfo_signed_response_alg: request.userinfo_signed_response_alg,
            post_logout_redirect_uris: TextList::new(&request.post_logout_redirect_uris),
            jwks: None,
            jwks_uri: None,
            require_pushed_authorization_requests: request.require_pushed_authorization_requests.unwrap_or(is_fapi),
            profile: request.profile,
            backchannel_logout_uri: request.backchannel_logout_uri,
        };
        if let Some(keys) = request.keys {
            keys.put(&mut client);
        }
        metadata::check(&client, rules)?;
        Ok(Self(client))
    }
}

/// Whether clients of this method have a secret.
pub fn has_secret(method: AuthMethod) -> bool {
    match method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => true,
        AuthMethod::PrivateKeyJwt | AuthMethod::None => false,
    }
}

/// Stores the client; of many registrations at once no more succeed than the tier has room for.
pub fn register(
    tx: &mut Tx<'_>,
    principal: &Principal,
    draft: &Draft,
    tiers: &Tiers,
    from: &CalledFrom,
) -> Result<OauthClient, Refusal> {
    let owner = acting_owner(principal)?;
    limit::lock(tx, &owner)?;
    limit::must_have_room(tx, &owner, tiers, from.now())?;
    let client =
        OauthClient { owner_type: owner.owner_type().to_owned(), owner_id: owner.id().to_owned(), ..draft.0.clone() };
    resources::claim(tx, &owner, &client, client.created_at)?;
    oauth_clients::insert(tx, &client)?;
    from.note_of_client(tx, &owner, &client.id, Kind::ClientRegistered)?;
    Ok(client)
}

/// The owner who changes something; an agent that is stopped may not.
pub fn acting_owner(principal: &Principal) -> Result<Owner, Refusal> {
    match principal {
        Principal::Agent(agent) => agent_rules::must_be_free(agent)?,
        Principal::Overseer(_) => {}
    }
    Ok(principal.owner())
}

/// By what the client has, unless it says; what it says must fit what it has.
fn method_of(request: &Request) -> Result<AuthMethod, Refusal> {
    let default = match (&request.keys, request.application_type) {
        (Some(_), _) => AuthMethod::PrivateKeyJwt,
        (None, ApplicationType::Native) => AuthMethod::None,
        (None, ApplicationType::Web) => AuthMethod::ClientSecretBasic,
    };
    let method = request.auth_method.unwrap_or(default);
    match (method == AuthMethod::PrivateKeyJwt, request.keys.is_some()) {
        (true, false) => Err(Code::InvalidField
            .because("`private_key_jwt` needs a key. Send `public_key`, `jwks` or `jwks_uri` with it.")),
        (false, true) => Err(Code::InvalidField.because(
            "A key is of use to `private_key_jwt` alone. Take that token_endpoint_auth_method, or leave the key out.",
        )),
        (true, true) | (false, false) => Ok(method),
    }
}
