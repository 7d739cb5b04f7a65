//! The authorization request as a browser brings it (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1), and the
//! answer that the browser takes back.
//!
//! As long as it is not certain to whom an answer goes, there is none (RFC 6749 section 4.1.2.1): then the person in front
//! of the browser is told. From then on every refusal goes to the client, with its `state` and our `iss` (RFC 9207).

use std::borrow::Cow;

use super::Server;
use super::pushed::PushedId;
use super::request::{Parameters, Request, with_parameters};
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::db::{Error, Tx};
use crate::id::ClientId;
use crate::oauth::authentication::client_may_act;
use crate::oauth::clients::redirect_uri;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::id_token::{self, Hint};
use crate::oauth::policy::{Policy, fapi_problem};
use crate::secret::PlainToken;

/// Nobody can be answered: why, for the person in front of the browser.
#[derive(Clone, Debug)]
pub struct NoRecipient(pub Cow<'static, str>);

/// Who is answered, and where.
#[derive(Clone)]
pub struct Recipient {
    /// The client.
    pub client: OauthClient,
    /// One of its addresses.
    pub redirect_uri: String,
    state: Option<String>,
    mode: ResponseMode,
}

/// How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices section 2.1, OAuth 2.0 Form Post Response
/// Mode).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResponseMode {
    /// In the address.
    Query,
    /// In a form that the browser posts.
    FormPost,
}

impl ResponseMode {
    /// All of them, for the discovery document.
    pub const ALL: &'static [Self] = &[Self::Query, Self::FormPost];

    /// The `response_mode` parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }
}

/// What the browser takes to the client.
pub struct Answer {
    /// Where to.
    pub redirect_uri: String,
    /// How.
    pub mode: ResponseMode,
    /// What.
    pub parameters: Vec<(&'static str, String)>,
}

/// The parameters that count, wherever they came from.
#[derive(Clone)]
pub struct Asked {
    /// The parameters.
    pub form: Form,
    /// The pushed request that they are.
    pub pushed: Option<PushedId>,
}

/// What a client asks for in a browser.
pub struct BrowserRequest {
    /// As an agent would ask.
    pub request: Request,
    /// What may or must be shown.
    pub prompt: Prompt,
    /// How long ago the sign-in may be, in seconds.
    pub max_age: Option<i64>,
    /// Who the client believes it is: an agent's id or an overseer's e-mail address.
    pub login_hint: Option<String>,
    /// Who it was before.
    pub id_token_hint: Option<Hint>,
    /// There is a hint that was not signed here, or with a key that is gone: it says nothing.
    pub has_unknown_hint: bool,
}

/// The parameter `prompt`.
#[derive(Clone, Copy, Default)]
pub struct Prompt {
    /// Show nothing.
    pub none: bool,
    /// Sign in anew.
    pub login: bool,
    /// Ask for consent, also when it was given before.
    pub consent: bool,
    /// Ask which agent.
    pub select_account: bool,
}

impl Recipient {
    /// Reads to whom the answer goes.
    pub fn find(tx: &mut Tx<'_>, form: &Form, policy: Policy) -> Result<Result<Self, NoRecipient>, Error> {
        let nobody = |sentence: &'static str| Ok(Err(NoRecipient(sentence.into())));
        // RFC 6749 section 3.1: of two, it is not clear which one counts.
        if form.repeats("client_id") || form.repeats("redirect_uri") {
            return nobody("The request names its application or its address twice.");
        }
        let Some(id) = form.get("client_id") else { return nobody("The request does not say which application asks.") };
        let client = match ClientId::parse(id) {
            Some(id) => oauth_clients::find(tx, &id)?,
            None => None,
        };
        let Some(client) = client else { return nobody("No application with this id is registered here.") };
        let Some(uri) = form.get("redirect_uri") else {
            return nobody("The request does not say where to go back to.");
        };
        if !redirect_uri::is_registered(&client, uri) {
            return nobody("The address to go back to is not one that this application has registered.");
        }
        if !client_may_act(tx, &client)? {
            return nobody("This application is switched off.");
        }
        if policy.is_fapi(&client) && fapi_problem(&client).is_some() {
            return nobody(
                "This application can not be held to the profile fapi2. Its owner can change its registration.",
            );
        }
        Ok(Ok(Self {
            redirect_uri: uri.to_owned(),
            state: form.get("state").filter(|_| !form.repeats("state")).map(str::to_owned),
            mode: match form.get("response_mode") {
                Some("form_post") => ResponseMode::FormPost,
                Some(_) | None => ResponseMode::Query,
            },
            client,
        }))
    }

    /// The code.
    pub fn granted(&self, code: &PlainToken, issuer: &str) -> Answer {
        self.answer(vec![("code", code.expose().to_owned())], issuer)
    }

    /// A refusal.
    pub fn refused(&self, error: &OauthError, issuer: &str) -> Answer {
        let parameters =
            vec![("error", error.code.as_str().to_owned()), ("error_description", error.description.to_string())];
        self.answer(parameters, issuer)
    }

    fn answer(&self, mut parameters: Vec<(&'static str, String)>, issuer: &str) -> Answer {
        parameters.extend(self.state.clone().map(|state| ("state", state)));
        parameters.push(("iss", issuer.to_owned()));
        Answer { redirect_uri: self.redirect_uri.clone(), mode: self.mode, parameters }
    }
}

/// An address with the `state` of the request, if it has one.
pub fn with_state(uri: &str, state: Option<&str>) -> String {
    state.map_or_else(|| uri.to_owned(), |state| with_parameters(uri, std::iter::once(("state", state))))
}

impl Answer {
    /// The address with everything in it.
    pub fn address(&self) -> String {
        with_parameters(&self.redirect_uri, self.parameters.iter().map(|(name, value)| (*name, value.as_str())))
    }
}

impl BrowserRequest {
    /// Checks what can be checked without the database.
    pub fn read(asked: &Asked, server: &Server) -> Result<Self, OauthError> {
        let form = &asked.form;
        let invalid = |description: &'static str| ErrorCode::InvalidRequest.because(description);
        form.must_not_repeat()?;
        for (name, code) in
            [("request_uri", ErrorCode::RequestUriNotSupported), ("registration", ErrorCode::RegistrationNotSupported)]
        {
            if form.get(name).is_some() {
                return Err(code.into());
            }
        }
        let is_known = |mode: &str| ResponseMode::ALL.iter().any(|known| known.as_str() == mode);
        if form.get("response_mode").is_some_and(|mode| !is_known(mode)) {
            return Err(invalid("`response_mode` is neither `query` nor `form_post`."));
        }
        if form.get("response_type").is_none() {
            return Err(invalid("`response_type` is missing. Ask for `code`."));
        }
        let max_age = form.get("max_age").map(|text| text.parse::<u32>().map(i64::from)).transpose();
        let token = form.get("id_token_hint");
        let hint = token.and_then(|token| id_token::read_hint(token, &server.issuer, &server.keys, server.clock.now()));
        Ok(Self {
            request: Parameters::of_form(form).read(asked.pushed.clone(), &server.issuer)?,
            prompt: Prompt::read(form.get("prompt").unwrap_or_default())?,
            max_age: max_age.map_err(|_| invalid("`max_age` is not a number of seconds."))?,
            login_hint: form.get("login_hint").map(str::to_owned),
            has_unknown_hint: token.is_some() && hint.is_none(),
            id_token_hint: hint,
        })
    }
}

impl Prompt {
    fn read(text: &str) -> Result<Self, OauthError> {
        let mut prompt = Self::default();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => return Err(ErrorCode::InvalidRequest.because("`prompt` has a value that is not known.")),
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
            return Err(ErrorCode::InvalidRequest.because("`prompt` is `none` and something else."));
        }
        Ok(prompt)
    }
}
