//! An authorization request, as it is sent and as it reads (RFC 6749 section 4.1.1, RFC 7636 section 4.3).

use serde::Deserialize;

use super::pushed::PushedId;
use crate::crypto::base64url;
use crate::id::ClientId;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::pkce::{self, CodeChallenge};
use crate::oauth::resource::Audience;
use crate::secret::PlainToken;

/// The longest `state`, and the longest `nonce`, in bytes.
const LONGEST_STATE: usize = 2048;
const LONGEST_NONCE: usize = 512;

/// An authorization request as it is sent. Everything is optional here, so that what is missing is refused in
/// the words of the RFC.
#[derive(Deserialize, schemars::JsonSchema)]
pub struct Parameters {
    /// The client that asks.
    #[schemars(required)]
    client_id: Option<String>,
    /// Where the code goes: exactly as registered.
    #[schemars(required)]
    redirect_uri: Option<String>,
    /// `code`, or left out.
    response_type: Option<String>,
    /// Space-separated; `id name` when left out.
    scope: Option<String>,
    /// Comes back as it is, for the client to recognise the answer.
    state: Option<String>,
    /// PKCE (RFC 7636): base64url of the SHA-256 of the verifier.
    #[schemars(required)]
    code_challenge: Option<String>,
    /// `S256`.
    #[schemars(required)]
    code_challenge_method: Option<String>,
    /// For an id token.
    nonce: Option<String>,
    /// The APIs that the token is for (RFC 8707): one URI or several.
    resource: Option<OneOrMany>,
    /// The calling agent's id, to be checked.
    agent_id: Option<String>,
    /// The thumbprint of the only DPoP key that may redeem the code (RFC 9449 section 10).
    dpop_jkt: Option<String>,
    /// What the client has pushed (RFC 9126), in the place of everything but `client_id` and `agent_id`.
    request_uri: Option<String>,
    /// What the client has signed is taken from the client, which pushes it, and from a browser.
    request: Option<serde_json::Value>,
}

/// `resource` may repeat.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// An authorization request that reads well; the client is not looked up yet.
#[derive(Clone)]
pub struct Request {
    pub(super) client_id: ClientId,
    /// Where the code goes.
    pub redirect_uri: String,
    pub(super) scope: Option<String>,
    /// Comes back as it is.
    pub state: Option<String>,
    pub(super) code_challenge: CodeChallenge,
    pub(super) nonce: Option<String>,
    pub(super) audience: Audience,
    pub(super) agent_id: Option<String>,
    pub(super) dpop_jkt: Option<String>,
    /// The pushed request that it is.
    pub(super) pushed: Option<PushedId>,
}

impl Parameters {
    /// The client that it names, and what that client has pushed, if it is a pushed request.
    pub fn reference(&self) -> Option<(&str, &str)> {
        Some((self.client_id.as_deref().unwrap_or_default(), self.request_uri.as_deref()?))
    }

    /// The pushed request; which agent is meant, only the call says.
    pub fn of_pushed(self, form: &Form) -> Self {
        Self { agent_id: self.agent_id, ..Self::of_form(form) }
    }

    /// Checks what can be checked without the database.
    pub fn read(self, pushed: Option<PushedId>, issuer: &str) -> Result<Request, OauthError> {
        let invalid = |description: &'static str| ErrorCode::InvalidRequest.because(description);
        if self.request.is_some_and(|request| !request.is_null()) {
            return Err(invalid("A signed request is pushed by its client. Send `request_uri` then."));
        }
        if self.response_type.is_some_and(|response_type| response_type != "code") {
            return Err(ErrorCode::UnsupportedResponseType.into());
        }
        let client_id = self.client_id.as_deref().ok_or_else(|| invalid("`client_id` is missing."))?;
        let code_challenge = self.code_challenge.ok_or_else(|| invalid("`code_challenge` is missing (RFC 7636)."))?;
        if self.code_challenge_method.as_deref() != Some(pkce::METHOD) {
            return Err(invalid("`code_challenge_method` is not `S256`."));
        }
        if self.state.as_ref().is_some_and(|state| state.len() > LONGEST_STATE) {
            return Err(invalid("`state` is over 2048 bytes."));
        }
        if self.nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
            return Err(invalid("`nonce` is over 512 bytes."));
        }
        if self.dpop_jkt.as_ref().is_some_and(|jkt| base64url::decode_array::<32>(jkt).is_none()) {
            return Err(invalid("`dpop_jkt` is not the SHA-256 thumbprint of a key (RFC 9449 section 10)."));
        }
        let resources = self.resource.map_or_else(Vec::new, OneOrMany::into_vec);
        Ok(Request {
            client_id: ClientId::parse(client_id).ok_or_else(unknown_client)?,
            redirect_uri: self.redirect_uri.ok_or_else(|| invalid("`redirect_uri` is missing."))?,
            scope: self.scope,
            state: self.state,
            code_challenge: CodeChallenge::parse(&code_challenge)
                .ok_or_else(|| invalid("`code_challenge` is not 43 characters of base64url."))?,
            nonce: self.nonce,
            audience: Audience::requested(resources.iter().map(String::as_str), issuer)?,
            agent_id: self.agent_id,
            dpop_jkt: self.dpop_jkt,
            pushed,
        })
    }
}

impl Parameters {
    /// The parameters as a browser brings them.
    pub fn of_form(form: &Form) -> Self {
        let get = |name| form.get(name).map(str::to_owned);
        Self {
            client_id: get("client_id"),
            redirect_uri: get("redirect_uri"),
            response_type: get("response_type"),
            scope: get("scope"),
            state: get("state"),
            code_challenge: get("code_challenge"),
            code_challenge_method: get("code_challenge_method"),
            nonce: get("nonce"),
            resource: Some(OneOrMany::Many(form.all("resource").map(str::to_owned).collect())),
            agent_id: None,
            dpop_jkt: get("dpop_jkt"),
            request_uri: None,
            request: None,
        }
    }
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Request {
    /// The APIs that the token is for.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Where to send the agent's browser, if it has one: the address with code, state and issuer (RFC 9207).
    pub fn redirect_to(&self, code: &PlainToken, issuer: &str) -> String {
        let answer = [("code", Some(code.expose())), ("state", self.state.as_deref()), ("iss", Some(issuer))];
        with_parameters(&self.redirect_uri, answer.into_iter().filter_map(|(name, value)| Some((name, value?))))
    }
}

/// The address with these parameters appended to the text as it is registered: a URL that is written anew may read
/// otherwise.
pub fn with_parameters<'a>(uri: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let separator = if uri.contains('?') { '&' } else { '?' };
    let parameters = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{uri}{separator}{parameters}")
}

/// There is nobody to send an answer to, so the agent is told.
pub(super) fn unknown_client() -> OauthError {
    ErrorCode::InvalidRequest.because("No client has this `client_id`.")
}
