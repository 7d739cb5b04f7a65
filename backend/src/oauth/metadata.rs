//! The discovery document (RFC 8414 section 2, OpenID Connect Discovery section 3): what works, and
//! nothing else.

use serde_json::{Value, json};

use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::oauth::authorization::redirect::ResponseMode;
use crate::oauth::grants::GrantType;
use crate::oauth::pkce;
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

/// The document for this issuer.
pub fn document(issuer: &str) -> Value {
    let of_anybody: Vec<_> = AuthMethod::ALL.iter().map(|method| method.as_str()).collect();
    let with_secret = AuthMethod::ALL.iter().filter(|method| **method != AuthMethod::None);
    let confidential: Vec<_> = with_secret.map(|method| method.as_str()).collect();
    let algorithms = json!(["EdDSA", "Ed25519"]);
    let signing: Vec<_> = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{issuer}/v1/oauth/authorize"),
        "authorization_response_iss_parameter_supported": true,
        "end_session_endpoint": format!("{issuer}/v1/oauth/logout"),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "response_modes_supported": ResponseMode::ALL.iter().map(|mode| mode.as_str()).collect::<Vec<_>>(),
        "code_challenge_methods_supported": [pkce::METHOD],
        "dpop_signing_alg_values_supported": algorithms,
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
