//! Answers for people, with what keeps others out of them: nothing is framed, no script but our own runs, nothing is
//! loaded from elsewhere, and a form leads to us or to the one place that its answer goes to (RFC 9700 section 4.16).

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::browser::Cookies;
use super::templates::Message;
use crate::app::App;
use crate::db;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::refusal::{Code, Refusal};

/// A page.
pub struct Page {
    html: String,
    status: StatusCode,
    form_action: String,
}

impl Page {
    /// The page of a template.
    pub fn new(template: &impl Template) -> Self {
        // Only a writer can fail, and a string does not.
        let html = template.render().unwrap_or_default();
        Self { html, status: StatusCode::OK, form_action: String::new() }
    }

    /// With this status.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Whose forms may also lead there: a source of the Content Security Policy.
    pub fn with_form_action(self, source: String) -> Self {
        Self { form_action: source, ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
             form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
            self.form_action
        );
        let mut answer = (self.status, Html(self.html)).into_response();
        let headers = answer.headers_mut();
        headers.extend(HEADERS);
        // What is not a header's text would be a policy that allows less.
        let policy = HeaderValue::from_str(&policy);
        let strict = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or(strict));
        answer
    }
}

/// With `no-referrer` browsers would send `Origin: null` with our own forms.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Sends the browser on, by GET whatever it sent here (RFC 9700 section 4.12).
pub fn see_other(address: &str, cookies: Cookies) -> Response {
    let mut answer = StatusCode::SEE_OTHER.into_response();
    let headers = answer.headers_mut();
    headers.extend(HEADERS);
    // An address that was registered is a URL, and what is added to it is encoded.
    if let Ok(location) = HeaderValue::from_str(address) {
        headers.insert(header::LOCATION, location);
    }
    cookies.put(headers);
    answer
}

/// Why there is no page.
#[derive(Debug)]
pub struct PageError {
    status: StatusCode,
    sentence: String,
    retry_after: Option<u64>,
}

impl PageError {
    /// With a sentence for the person in front of the browser.
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into(), retry_after: None }
    }

    /// The request can not be answered.
    pub fn bad_request(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// As a page.
    pub fn into_response(self, app: &App) -> Response {
        let message = Message { base: base(app), title: "This did not work", message: &self.sentence };
        let mut answer = Page::new(&message).with_status(self.status).into_response();
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

impl From<Refusal> for PageError {
    fn from(refusal: Refusal) -> Self {
        if let Some(source) = &refusal.source {
            tracing::error!(code = refusal.code.as_str(), error = %source, "request failed");
        }
        let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let is_busy = refusal.code == Code::Unavailable;
        let retry_after = refusal.retry_after.or(is_busy.then_some(1));
        Self { status, sentence: refusal.sentence.into_owned(), retry_after }
    }
}

impl From<OauthError> for PageError {
    fn from(error: OauthError) -> Self {
        if let Some(source) = &error.source {
            tracing::error!(code = error.code.as_str(), error = %source, "request failed");
        }
        let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = (error.code == ErrorCode::TemporarilyUnavailable).then_some(1);
        Self { status, sentence: error.description.into_owned(), retry_after }
    }
}

impl From<db::Error> for PageError {
    fn from(error: db::Error) -> Self {
        Refusal::from(error).into()
    }
}

/// The path of the issuer: what the addresses in pages begin with.
pub fn base(app: &App) -> &str {
    let rest = app.issuer.split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/').map_or("", |index| &rest[index..])
}
