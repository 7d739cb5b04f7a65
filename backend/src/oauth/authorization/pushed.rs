//! Pushed authorization requests (RFC 9126): a client sends its request itself, authenticated, and the browser or the agent
//! brings no more than a reference to it.
//!
//! A reference is good for a minute, for its client alone, and for one code. It is used when somebody has decided, and not
//! when a page is shown: browsers load pages ahead, and again.

use std::fmt;

use super::redirect::{Asked, BrowserRequest};
use super::{Server, allowed_scope};
use crate::db::schema::oauth_clients::{AuthMethod, OauthClient};
use crate::db::schema::pushed_requests::{self, PushedRequest};
use crate::db::{Error, Tx};
use crate::oauth::authentication::client_may_act;
use crate::oauth::clients::redirect_uri;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::secret::PlainToken;

/// What every reference begins with (section 2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// How long a reference is good, in seconds.
pub const LIFETIME: i64 = 60;
/// How long it is remembered after that, in seconds: what has begun in a browser goes on for a quarter of an hour.
pub const REMEMBERED: i64 = super::interaction::LIFETIME + 60;
/// The longest request, in bytes.
const LONGEST: usize = 16 * 1024;
/// The same of a client that anybody can say to be.
const LONGEST_OF_ANYBODY: usize = 6 * 1024;
/// What authenticates the client, or carries the request, is no part of it.
const NOT_KEPT: [&str; 4] = ["client_secret", "client_assertion", "client_assertion_type", "request"];

/// The SHA-256 of a reference, which its row is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedId(String);

impl PushedId {
    /// That of a reference; `None` when it is none of ours.
    fn of(request_uri: &str) -> Option<Self> {
        let token = PlainToken::parse(request_uri.strip_prefix(PREFIX)?)?;
        Some(Self(token.hash().as_str().to_owned()))
    }

    /// One that was stored.
    pub fn stored(id: String) -> Self {
        Self(id)
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether this is meant to be a reference of ours, and not an address to fetch a request from.
pub fn is_reference(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}

/// A new reference, in full.
pub struct Reference<'a>(pub &'a PlainToken);

impl fmt::Display for Reference<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}", self.0.expose())
    }
}

/// The request that a client pushes, if it is one that it may make (section 2.1): what the browser would be told later, the
/// client is told now. `jkt`: the thumbprint of the key whose proof came along, to which the code is bound then (RFC 9449
/// section 10.1).
pub fn accept(form: Form, client: &OauthClient, jkt: Option<&str>, server: &Server) -> Result<Form, OauthError> {
    let invalid = |sentence: &'static str| ErrorCode::InvalidRequest.because(sentence);
    if form.get("request_uri").is_some() {
        return Err(invalid("A pushed request holds no `request_uri`. Send the parameters themselves."));
    }
    form.must_not_repeat()?;
    let mut form = form.without(&NOT_KEPT).with("client_id", client.id.as_str());
    let uri = form.get("redirect_uri").ok_or_else(|| invalid("`redirect_uri` is missing."))?;
    if !redirect_uri::is_registered(client, uri) {
        return Err(invalid("`redirect_uri` is not registered for this client."));
    }
    if let Some(jkt) = jkt {
        if form.get("dpop_jkt").is_some_and(|named| named != jkt) {
            return Err(ErrorCode::InvalidDpopProof.because("`dpop_jkt` is not the key that the proof is signed with."));
        }
        form = form.with("dpop_jkt", jkt);
    }
    let encoded = form.encode();
    let is_anybody = client.token_endpoint_auth_method == AuthMethod::None;
    if encoded.len() > if is_anybody { LONGEST_OF_ANYBODY } else { LONGEST } {
        let sentence = "The request is over 16 KiB, or 6 of a public client. Ask for less.";
        return Err(ErrorCode::RequestTooLarge.because(sentence));
    }
    // As it will be read again.
    let form = Form::parse(encoded.as_bytes())?;
    let asked = Asked { form, pushed: None };
    let request = BrowserRequest::read(&asked, server)?;
    allowed_scope(&request.request, client)?;
    Ok(asked.form)
}

/// Stores an accepted request.
pub fn store(
    tx: &mut Tx<'_>,
    form: &Form,
    client: &OauthClient,
    reference: &PlainToken,
    now: i64,
) -> Result<Result<(), ErrorCode>, Error> {
    if !client_may_act(tx, client)? {
        return Ok(Err(ErrorCode::UnauthorizedClient));
    }
    let pushed = PushedRequest {
        id: reference.hash().as_str().to_owned(),
        client_id: client.id.clone(),
        request: form.encode(),
        used: false,
        created_at: now,
        expires_at: now + LIFETIME,
    };
    pushed_requests::insert(tx, &pushed)?;
    Ok(Ok(()))
}

/// What a reference stands for, if this client may use it now. Whatever stands beside it in the address does not count (RFC
/// 9101 section 6.3).
pub fn find(tx: &mut Tx<'_>, client_id: &str, request_uri: &str, now: i64) -> Result<Result<Asked, OauthError>, Error> {
    let Some(id) = PushedId::of(request_uri) else { return Ok(Err(ErrorCode::InvalidRequestUri.into())) };
    let is_good =
        |pushed: &PushedRequest| pushed.client_id.as_str() == client_id && !pushed.used && pushed.expires_at > now;
    let Some(pushed) = pushed_requests::find(tx, id.as_str())?.filter(is_good) else {
        return Ok(Err(ErrorCode::InvalidRequestUri.into()));
    };
    Ok(Form::parse_repeating(pushed.request.as_bytes()).map(|form| Asked { form, pushed: Some(id) }))
}
