//! The one place that turns refusals into answers: API JSON, and the JSON of the OAuth RFCs. A failure
//! is logged here, once.

use std::borrow::Cow;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDocs};
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::db;
use crate::identity::dpop;
use crate::oauth::error::OauthError;
use crate::refusal::{Code, Refusal};

/// The body of a refusal outside OAuth.
#[derive(Serialize, JsonSchema)]
pub struct ErrorBody {
    /// Always false.
    success: bool,
    /// One of the codes in docs/v1/errors.md.
    code: &'static str,
    /// What happened and what to do, for people.
    error: String,
}

/// The body of a refusal of an OAuth endpoint (RFC 6749 section 5.2).
#[derive(Serialize, JsonSchema)]
pub struct OauthErrorBody {
    /// A registered code.
    error: &'static str,
    /// What happened and what to do, for people.
    error_description: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Some(source) = &self.source {
            tracing::error!(code = self.code.as_str(), error = %source, "request failed");
        }
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let said = Said(self.code, self.sentence.clone());
        let body = ErrorBody { success: false, code: self.code.as_str(), error: self.sentence.into_owned() };
        let mut response = (status, Json(body)).into_response();
        response.extensions_mut().insert(said);
        let is_busy = self.code == Code::Unavailable;
        if let Some(seconds) = self.retry_after.or(is_busy.then_some(1)) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = challenge(self.code) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// What an answer says, for the page that takes its place when a browser has asked for one.
#[derive(Clone)]
pub struct Said(pub Code, pub Cow<'static, str>);

/// RFC 9110 section 11.6.1: a 401 says how to authenticate.
fn challenge(code: Code) -> Option<&'static str> {
    match code.status() {
        401 if code == Code::UseDpopNonce => Some("DPoP error=\"use_dpop_nonce\", algs=\"EdDSA Ed25519\""),
        401 if matches!(code, Code::InvalidProof | Code::ProofReplayed) => {
            Some("DPoP error=\"invalid_dpop_proof\", algs=\"EdDSA Ed25519\"")
        }
        401 => Some("Bearer, DPoP algs=\"EdDSA Ed25519\""),
        _ => None,
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        if let Some(source) = &self.source {
            tracing::error!(code = self.code.as_str(), error = %source, "request failed");
        }
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = OauthErrorBody { error: self.code.as_str(), error_description: self.description.into_owned() };
        let mut response = (status, Json(body)).into_response();
        // RFC 6749 section 5.2: the challenge names the scheme of the Authorization header, which for a client is Basic.
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"agentid\""));
        }
        let seconds = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some("1"),
            StatusCode::TOO_MANY_REQUESTS => Some("60"),
            _ => None,
        };
        if let Some(seconds) = seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response
    }
}

/// A refusal of an endpoint that takes access tokens (RFC 6750 section 3, RFC 9449 section 7.1).
pub struct ResourceError {
    status: StatusCode,
    /// `None` when no token came at all: then the answer says only how to send one.
    error: Option<&'static str>,
    description: Cow<'static, str>,
    /// Whether the challenge is DPoP's.
    is_dpop: bool,
    source: Option<db::Error>,
}

impl ResourceError {
    fn new(status: StatusCode, error: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self { status, error: Some(error), description: description.into(), is_dpop: false, source: None }
    }

    /// The request carries no token.
    pub fn no_token() -> Self {
        let description = "The request carries no access token. Send it in the Authorization header.";
        Self { error: None, ..Self::new(StatusCode::UNAUTHORIZED, "", description) }
    }

    /// The token, or the request around it, is malformed.
    pub fn invalid_request(description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// The token is not good here and now.
    pub fn invalid_token() -> Self {
        let description =
            "The token is unknown, expired, ended, bound to another key, or for another API. Get a new one.";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", description)
    }

    /// The token allows none of this.
    pub fn insufficient_scope() -> Self {
        let description = "The token has no scope that gives anything here. Ask for `id` or `name`.";
        Self::new(StatusCode::FORBIDDEN, "insufficient_scope", description)
    }

    /// The proof that came with the token does not hold.
    pub fn invalid_proof(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_dpop_proof", description).of_dpop()
    }

    /// The proof that came with the token needs a nonce (RFC 9449 section 9).
    pub fn use_nonce() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "use_dpop_nonce", dpop::USE_NONCE).of_dpop()
    }

    /// The same, with DPoP's challenge.
    pub fn of_dpop(self) -> Self {
        Self { is_dpop: true, ..self }
    }

    fn challenge(&self) -> String {
        let scheme = if self.is_dpop { "DPoP algs=\"EdDSA Ed25519 ES256\"" } else { "Bearer" };
        match (self.error, self.is_dpop) {
            (None, _) => "Bearer, DPoP algs=\"EdDSA Ed25519 ES256\"".to_owned(),
            (Some(error), true) => format!("{scheme}, error=\"{error}\""),
            (Some(error), false) => format!("{scheme} error=\"{error}\""),
        }
    }
}

impl From<db::Error> for ResourceError {
    fn from(error: db::Error) -> Self {
        OauthError::from(error).into()
    }
}

impl From<OauthError> for ResourceError {
    fn from(error: OauthError) -> Self {
        let OauthError { code, description, source } = error;
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { source, ..Self::new(status, code.as_str(), description) }
    }
}

impl IntoResponse for ResourceError {
    fn into_response(self) -> Response {
        if let Some(source) = &self.source {
            tracing::error!(error = %source, "request failed");
        }
        let challenge = HeaderValue::from_str(&self.challenge()).ok();
        let body = OauthErrorBody {
            error: self.error.unwrap_or("invalid_token"),
            error_description: self.description.into_owned(),
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(challenge) = challenge.filter(|_| matches!(self.status.as_u16(), 400 | 401 | 403)) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl OperationOutput for ResourceError {
    type Inner = OauthErrorBody;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<ResponseDocs> {
        Json::<OauthErrorBody>::operation_response(context, operation)
    }
}

/// A created thing: 201 with its JSON.
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

impl<T: JsonSchema + Serialize> OperationOutput for Created<T> {
    type Inner = T;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<ResponseDocs> {
        Json::<T>::operation_response(context, operation)
    }

    fn inferred_responses(context: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDocs)> {
        let response = Self::operation_response(context, operation);
        response.map(|response| (Some(201), response)).into_iter().collect()
    }
}

impl OperationOutput for Refusal {
    type Inner = ErrorBody;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<ResponseDocs> {
        Json::<ErrorBody>::operation_response(context, operation)
    }
}

impl OperationOutput for OauthError {
    type Inner = OauthErrorBody;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<ResponseDocs> {
        Json::<OauthErrorBody>::operation_response(context, operation)
    }
}

/// Headers that every answer has: nothing is sniffed, and nothing is stored unless it says so.
pub const COMMON_HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];
