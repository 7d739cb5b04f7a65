//! A browser, by its cookies (RFC 6265bis): one that tells it from other browsers, and one with the session of whoever is
//! signed in. Both are random; with https, the prefix `__Host-` keeps other hosts of the domain from setting them.

use std::convert::Infallible;

use aide::OperationInput;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite};

use crate::app::App;
use crate::secret::{PlainToken, TokenHash};

/// A browser, as far as its cookies tell.
#[derive(Clone)]
pub struct Browser {
    /// Which one it is.
    pub id: Option<TokenHash>,
    /// Its session, be it still there or not.
    pub session: Option<TokenHash>,
}

/// The two cookies.
#[derive(Clone, Copy)]
pub enum BrowserCookie {
    /// Which browser it is.
    Browser,
    /// The session.
    Session,
}

/// Cookies to set with an answer.
#[derive(Default)]
pub struct Cookies(Vec<HeaderValue>);

impl BrowserCookie {
    fn name(self, app: &App) -> &'static str {
        match (self, is_https(app)) {
            (Self::Browser, true) => "__Host-agentid-browser",
            (Self::Browser, false) => "agentid-browser",
            (Self::Session, true) => "__Host-agentid",
            (Self::Session, false) => "agentid",
        }
    }
}

impl FromRequestParts<App> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, app))
    }
}

impl Browser {
    /// Reads the cookies of a request.
    pub fn of(headers: &HeaderMap, app: &App) -> Self {
        let find = |cookie: BrowserCookie| {
            // Another application of the host may have set one that is no text: only its own part is skipped.
            let parts = headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|&b| b == b';'));
            let mut cookies = parts.filter_map(|part| Cookie::parse(str::from_utf8(part).ok()?).ok());
            let found = cookies.find(|found| found.name() == cookie.name(app))?;
            PlainToken::parse(found.value()).map(|token| token.hash())
        };
        Self { id: find(BrowserCookie::Browser), session: find(BrowserCookie::Session) }
    }

    /// What a form that is made for this browser carries.
    pub fn form_token(&self, app: &App) -> Option<String> {
        self.name().map(|name| app.secrets.form_token(&name))
    }

    /// Whether a form that carries this was made for it.
    pub fn has_form_token(&self, app: &App, token: &str) -> bool {
        self.name().is_some_and(|name| app.secrets.is_form_token(&name, token))
    }

    /// The browser and whoever is signed in.
    fn name(&self) -> Option<String> {
        let session = self.session.as_ref().map_or("-", TokenHash::as_str);
        self.id.as_ref().map(|id| format!("{} {session}", id.as_str()))
    }
}

impl Cookies {
    /// Sets a cookie, until the browser ends.
    pub fn set(&mut self, app: &App, cookie: BrowserCookie, token: &PlainToken) {
        self.push(app, cookie, token.expose(), None);
    }

    /// Takes a cookie back.
    pub fn remove(&mut self, app: &App, cookie: BrowserCookie) {
        self.push(app, cookie, "", Some(cookie::time::Duration::ZERO));
    }

    fn push(&mut self, app: &App, cookie: BrowserCookie, value: &str, max_age: Option<cookie::time::Duration>) {
        let mut cookie = Cookie::build((cookie.name(app), value.to_owned()))
            .path("/")
            .http_only(true)
            .secure(is_https(app))
            .same_site(SameSite::Lax);
        if let Some(max_age) = max_age {
            cookie = cookie.max_age(max_age);
        }
        self.0.extend(HeaderValue::from_str(&cookie.build().to_string()));
    }

    /// Puts them into an answer.
    pub fn put(self, headers: &mut HeaderMap) {
        for cookie in self.0 {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

/// Whether the server is reached by https.
pub fn is_https(app: &App) -> bool {
    app.issuer.starts_with("https://")
}

impl OperationInput for Browser {}
