//! `/openapi.json`: made from the handlers' own types, so that it can not drift from them.

use std::sync::OnceLock;

use aide::openapi::{Info, MediaType, OpenApi, Operation, ReferenceOr, RequestBody, SchemaObject, SecurityScheme};
use aide::transform::TransformOperation;
use axum::Json;
use indexmap::IndexMap;
use schemars::json_schema;
use serde_json::Value;

use super::router;

/// Parameters of a form: name, whether it is required, what it says.
pub type FormFields = &'static [(&'static str, bool, &'static str)];

/// How a caller authenticates at the OAuth endpoints; a secret may come in the Authorization header instead.
const CLIENT_ID: (&str, bool, &str) =
    ("client_id", false, "The caller's id; an assertion or the header says it anyway");
const CLIENT_SECRET: (&str, bool, &str) = ("client_secret", false, "For `client_secret_post`");
const ASSERTION_TYPE: (&str, bool, &str) =
    ("client_assertion_type", false, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
const ASSERTION: (&str, bool, &str) = ("client_assertion", false, "A JWT signed with the caller's key (RFC 7523)");

/// `POST /v1/oauth/token`
pub const TOKEN_FORM: FormFields = &[
    ("grant_type", true, "authorization_code, refresh_token or client_credentials"),
    ("code", false, "The code to redeem"),
    ("code_verifier", false, "What its code_challenge was made from (RFC 7636)"),
    ("redirect_uri", false, "As in the authorization request; may be left out"),
    ("refresh_token", false, "The refresh token to use; the answer holds the next one"),
    ("scope", false, "Space-separated; what was granted, or `id name`, when left out"),
    ("resource", false, "The API that the token is for, an absolute URI (RFC 8707); may repeat"),
    CLIENT_ID,
    CLIENT_SECRET,
    ASSERTION_TYPE,
    ASSERTION,
];

/// `POST /v1/oauth/par`
pub const PUSHED_FORM: FormFields = &[
    (
        "response_type",
        false,
        "code; with every other parameter of the authorization request, or instead of all of them:",
    ),
    ("request", false, "They, signed by the client (RFC 9101)"),
    ("redirect_uri", false, "As registered"),
    ("code_challenge", false, "PKCE (RFC 7636)"),
    ("code_challenge_method", false, "S256"),
    ("scope", false, "Space-separated"),
    ("state", false, "Comes back as it is"),
    ("dpop_jkt", false, "The thumbprint of the only key that may redeem the code; a DPoP proof says the same"),
    CLIENT_ID,
    CLIENT_SECRET,
    ASSERTION_TYPE,
    ASSERTION,
];

/// Endpoints about one token.
pub const ONE_TOKEN_FORM: FormFields = &[
    ("token", true, "The token"),
    ("token_type_hint", false, "Not needed"),
    CLIENT_ID,
    CLIENT_SECRET,
    ASSERTION_TYPE,
    ASSERTION,
];

/// Describes the form of an endpoint.
pub fn form<'t>(mut operation: TransformOperation<'t>, fields: FormFields) -> TransformOperation<'t> {
    let properties: serde_json::Map<String, Value> = fields
        .iter()
        .map(|(name, _, says)| ((*name).to_owned(), serde_json::json!({ "type": "string", "description": says })))
        .collect();
    let required: Vec<&str> = fields.iter().filter(|(_, required, _)| *required).map(|(name, ..)| *name).collect();
    let schema = json_schema!({ "type": "object", "properties": properties, "required": required });
    let schema = SchemaObject { json_schema: schema, example: None, external_docs: None };
    let media_type = MediaType { schema: Some(schema), ..MediaType::default() };
    let content = IndexMap::from_iter([("application/x-www-form-urlencoded".to_owned(), media_type)]);
    let inner: &mut Operation = operation.inner_mut();
    inner.request_body = Some(ReferenceOr::Item(RequestBody { content, required: true, ..RequestBody::default() }));
    operation
}

/// What the document says besides the routes.
pub fn head() -> OpenApi {
    let mut document = OpenApi {
        info: Info {
            title: "Agent ID".into(),
            description: Some("An identity provider for AI agents. Error codes: docs/v1/errors.md.".into()),
            version: env!("CARGO_PKG_VERSION").into(),
            ..Info::default()
        },
        ..OpenApi::default()
    };
    let schemes = &mut document.components.get_or_insert_default().security_schemes;
    let sessions = [
        ("agentSession", "The `session_id` of an agent's login"),
        ("overseerSession", "The `session_id` of an overseer's login"),
    ];
    for (name, says) in sessions {
        let scheme = SecurityScheme::Http {
            scheme: "bearer".into(),
            bearer_format: None,
            description: Some(says.into()),
            extensions: IndexMap::default(),
        };
        schemes.insert(name.into(), ReferenceOr::Item(scheme));
    }
    let dpop = SecurityScheme::ApiKey {
        location: aide::openapi::ApiKeyLocation::Header,
        name: "DPoP".into(),
        description: Some("A DPoP proof (RFC 9449) signed with the agent's own key, without `ath`".into()),
        extensions: IndexMap::default(),
    };
    schemes.insert("dpop".into(), ReferenceOr::Item(dpop));
    let cookie = SecurityScheme::ApiKey {
        location: aide::openapi::ApiKeyLocation::Cookie,
        name: "__Host-agentid".into(),
        description: Some(
            "The dashboard's cookie (on plain http `agentid`). What changes something also carries `X-CSRF-Token`: the \
             page's `form_token`"
                .into(),
        ),
        extensions: IndexMap::default(),
    };
    schemes.insert("overseerCookie".into(), ReferenceOr::Item(cookie));
    let tokens = [
        ("accessToken", "bearer", "An access token that is not bound"),
        ("dpopAccessToken", "dpop", "A bound access token, with a proof in the DPoP header that has its `ath`"),
    ];
    for (name, scheme, says) in tokens {
        let scheme = SecurityScheme::Http {
            scheme: scheme.into(),
            bearer_format: Some("JWT".into()),
            description: Some(says.into()),
            extensions: IndexMap::default(),
        };
        schemes.insert(name.into(), ReferenceOr::Item(scheme));
    }
    document
}

/// The document as checked in at docs/v1/openapi.json.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let (_, document) = router::routes();
        serde_json::to_value(document).unwrap_or(Value::Null)
    })
}

/// `GET /openapi.json`
pub async fn serve() -> Json<&'static Value> {
    Json(document())
}
