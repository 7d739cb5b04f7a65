//! The discovery document (RFC 8414 section 2, OpenID Connect Discovery section 3): what works, and
//! nothing else.

use serde_json::{Value, json};

use crate::crypto::dpop;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::oauth::authorization::redirect::ResponseMode;
use crate::oauth::grants::GrantType;
use crate::oauth::pkce;
use crate::oauth::policy::Policy;
use crate::oauth::scope;

/// What an id token, or userinfo, says of an agent.
const CLAIMS: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "iat",
    "exp",
    "auth_time",
    "nonce",
    "at_hash",
    "amr",
    "act",
    "id",
    "name",
    "description",
    "subscription",
    "overseer",
];

/// How assertions and request objects may be signed, as `alg` names it.
const ASSERTION_ALGORITHMS: [&str; 5] = ["EdDSA", "Ed25519", "ES256", "PS256", "RS256"];

/// The document for this issuer.
pub fn document(issuer: &str, policy: Policy) -> Value {
    let methods = || AuthMethod::ALL.iter().filter(|method| policy.allows_method(**method));
    let of_anybody: Vec<_> = methods().map(|method| method.as_str()).collect();
    let confidential = methods().filter(|method| **method != AuthMethod::None);
    let confidential: Vec<_> = confidential.map(|method| method.as_str()).collect();
    let algorithms: Vec<_> = ASSERTION_ALGORITHMS.into_iter().filter(|name| policy.allows_algorithm(name)).collect();
    let signing = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str());
    let signing: Vec<_> = signing.filter(|name| policy.allows_algorithm(name)).collect();
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{issuer}/v1/oauth/authorize"),
        "authorization_response_iss_parameter_supported": true,
        "end_session_endpoint": format!("{issuer}/v1/oauth/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": false,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": algorithms,
        "request_uri_parameter_supported": false,
        "pushed_authorization_request_endpoint": format!("{issuer}/v1/oauth/par"),
        "require_pushed_authorization_requests": policy.wants_all_requests_pushed(),
        "response_modes_supported": ResponseMode::ALL.iter().map(|mode| mode.as_str()).collect::<Vec<_>>(),
        "code_challenge_methods_supported": [pkce::METHOD],
        "dpop_signing_alg_values_supported": dpop::ALGORITHMS,
        "userinfo_endpoint": format!("{issuer}/v1/oauth/userinfo"),
        "token_endpoint": format!("{issuer}/v1/oauth/token"),
        "token_endpoint_auth_methods_supported": of_anybody,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint": format!("{issuer}/v1/oauth/introspect"),
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": format!("{issuer}/v1/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": of_anybody,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "grant_types_supported": GrantType::ALL.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": signing,
        "userinfo_signing_alg_values_supported": signing,
        "claims_supported": CLAIMS,
        "scopes_supported": scope::KNOWN,
        "service_documentation": format!("{issuer}/openapi.json"),
    })
}
