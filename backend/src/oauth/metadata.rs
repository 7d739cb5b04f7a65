//! The discovery document (RFC 8414 section 2, OpenID Connect Discovery section 3): what works, and
//! nothing else.

use serde_json::{Value, json};

use crate::oauth::grants::GrantType;
use crate::oauth::scope;

/// The document for this issuer.
pub fn document(issuer: &str) -> Value {
    let methods = json!(["private_key_jwt"]);
    let algorithms = json!(["EdDSA", "Ed25519"]);
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "token_endpoint": format!("{issuer}/v1/oauth/token"),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint": format!("{issuer}/v1/oauth/introspect"),
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": format!("{issuer}/v1/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "grant_types_supported": GrantType::ALL.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
        "response_types_supported": [],
        "scopes_supported": scope::KNOWN,
        "service_documentation": format!("{issuer}/openapi.json"),
    })
}
