//! The one place that turns refusals into answers: API JSON, and the JSON of the OAuth RFCs. A failure
//! is logged here, once.

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDocs};
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::oauth::error::{ErrorCode, OauthError};
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
        let body = ErrorBody { success: false, code: self.code.as_str(), error: self.sentence.into_owned() };
        let mut response = (status, Json(body)).into_response();
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

/// RFC 9110 section 11.6.1: a 401 says how to authenticate.
fn challenge(code: Code) -> Option<&'static str> {
    match code.status() {
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
        if self.code == ErrorCode::TemporarilyUnavailable {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
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
