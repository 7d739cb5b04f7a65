//! What the OAuth endpoints refuse with: the codes of RFC 6749 section 5.2 and its followers.

use std::borrow::Cow;

use crate::db;
use crate::error_codes::error_codes;

error_codes! {
    /// The `error` member.
    ErrorCode {
    InvalidRequest 400 "invalid_request" "A parameter is missing, sent twice, or malformed." "Send the parameters as a form, each once.";
    InvalidGrant 400 "invalid_grant" "The code or refresh token does not hold: it is unknown, expired, used, ended, another client's, or the request does not fit it." "Authorize again.";
    InvalidDpopProof 400 "invalid_dpop_proof" "The DPoP proof is missing or does not hold." "Make a new proof for exactly this method and address (RFC 9449 section 4.2), with a new jti and the right time.";
    UseDpopNonce 400 "use_dpop_nonce" "The DPoP proof needs a nonce of the server's, or a newer one." "Make a new proof with the nonce of the header DPoP-Nonce (RFC 9449 section 8).";
    InvalidScope 400 "invalid_scope" "A scope is unknown or not allowed." "Ask for scopes that the discovery document lists.";
    InvalidTarget 400 "invalid_target" "A resource is not an absolute URI without a fragment (RFC 8707)." "Name the API by its https address.";
    UnauthorizedClient 400 "unauthorized_client" "The caller may not use this grant, or may use none now: an agent that is stopped, or a client that is disabled." "Register the client for the grant, or ask whoever stopped or disabled it.";
    UnsupportedGrantType 400 "unsupported_grant_type" "The grant type is unknown." "Use one that the discovery document lists.";
    UnsupportedResponseType 400 "unsupported_response_type" "The response type is not `code`." "Ask for `code`, or leave it out.";
    LoginRequired 400 "login_required" "Nobody is signed in who could authorize, and the request forbids to ask." "Send the request again without `prompt=none`.";
    AccountSelectionRequired 400 "account_selection_required" "Several agents could authorize, and the request forbids to ask which." "Send the agent's id in `login_hint`, or the request again without `prompt=none`.";
    ConsentRequired 400 "consent_required" "The agent has not allowed the client all of this, and the request forbids to ask." "Send the request again without `prompt=none`.";
    InvalidRequestObject 400 "invalid_request_object" "The request object does not hold (RFC 9101)." "Sign it with a key that the client is registered with: `iss` and `client_id` the client, `aud` the issuer alone, `exp` at most an hour ahead.";
    InvalidRequestUri 400 "invalid_request_uri" "The pushed request is unknown, expired, used, or another client's (RFC 9126)." "Push the request anew.";
    RequestUriNotSupported 400 "request_uri_not_supported" "Request objects by address are not supported." "Push the request (RFC 9126), or send the parameters themselves.";
    RegistrationNotSupported 400 "registration_not_supported" "A client can not describe itself in the request." "Register it first.";
    InvalidClient 401 "invalid_client" "The client is unknown, or its authentication does not hold." "Use the method that it is registered with. For `private_key_jwt`, sign a new assertion with the current key: `iss` and `sub` the id, `aud` the issuer alone, `exp` at most five minutes ahead, a new `jti`.";
    AccessDenied 403 "access_denied" "The agent may not authorize this client now." "Its overseer can see why in the agent's history.";
    RequestTooLarge 413 "invalid_request" "The body is larger than 64 KiB." "Send less.";
    TooManyRequests 429 "temporarily_unavailable" "Too many of these requests came." "Wait as long as Retry-After says.";
    ServerError 500 "server_error" "The server failed; this is its fault." "Try again, and tell the operator if it stays.";
    TemporarilyUnavailable 503 "temporarily_unavailable" "The server is busy, or its database can not be written." "Try again after the time in Retry-After.";
    }
}

/// A refusal of an OAuth endpoint.
#[derive(Debug)]
pub struct OauthError {
    /// The `error` member.
    pub code: ErrorCode,
    /// The `error_description` member. Never holds input of the caller.
    pub description: Cow<'static, str>,
    /// What went wrong inside; for the log, never for the answer.
    pub source: Option<db::Error>,
}

impl ErrorCode {
    /// The refusal with a description of its own instead of the table's.
    pub fn because(self, description: impl Into<Cow<'static, str>>) -> OauthError {
        OauthError { code: self, description: description.into(), source: None }
    }
}

impl From<ErrorCode> for OauthError {
    fn from(code: ErrorCode) -> Self {
        code.because(code.sentences())
    }
}

impl From<db::Error> for OauthError {
    fn from(error: db::Error) -> Self {
        let code = if error.is_temporary() { ErrorCode::TemporarilyUnavailable } else { ErrorCode::ServerError };
        Self { source: Some(error), ..code.into() }
    }
}
