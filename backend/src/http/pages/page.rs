//! Answers for people, with what keeps others out of them: nothing is framed, no script but our own runs, nothing is
//! loaded from elsewhere, and a form leads to us or to the one place that its answer goes to (RFC 9700 section 4.16).

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::browser::Cookies;
use super::templates::Message;
use crate::app::App;
use crate::db;
use crate::http::error::Said;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::refusal::{Code, Refusal};

/// A page.
pub struct Page {
    html: String,
    status: StatusCode,
    form_action: String,
    retry_after: Option<u64>,
}

impl Page {
    /// The page of a template.
    pub fn new(template: &impl Template) -> Self {
        // Only a writer can fail, and a string does not.
        let html = template.render().unwrap_or_default();
        Self { html, status: StatusCode::OK, form_action: String::new(), retry_after: None }
    }

    /// With this status.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// With the status of what was refused, which the page shows.
    pub fn refused(self, refusal: &Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, retry_after: refusal.retry_after, ..self }
    }

    /// Whose forms may also lead there: a source of the Content Security Policy.
    pub fn with_form_action(self, source: String) -> Self {
        Self { form_action: source, ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let policy =
            format!("{LOADS}; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'", self.form_action);
        let mut answer = (self.status, Html(self.html)).into_response();
        let headers = answer.headers_mut();
        headers.extend(HEADERS);
        // What is not a header's text would be a policy that allows less.
        let policy = HeaderValue::from_str(&policy);
        let strict = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or(strict));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }
}

/// What pages may load: our own style sheet, script and pictures, and nothing of a kind that they do not have.
const LOADS: &str = "default-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'none'; media-src 'none'; object-src 'none'; \
                     frame-src 'none'; worker-src 'none'; manifest-src 'none'";

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
    /// What an address takes that did not take this method (RFC 9110 section 15.5.6).
    allow: Option<HeaderValue>,
    needs_sign_in: bool,
}

impl PageError {
    /// With a sentence for the person in front of the browser.
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into(), retry_after: None, allow: None, needs_sign_in: false }
    }

    /// The address takes these methods alone.
    pub fn method_not_allowed(allowed: &'static str, sentence: &str) -> Self {
        let allow = Some(HeaderValue::from_static(allowed));
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, sentence) }
    }

    /// The request can not be answered.
    pub fn bad_request(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// As a page.
    pub fn into_response(self, app: &App) -> Response {
        let title = match self.status {
            StatusCode::FORBIDDEN => "This is not allowed",
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "There is nothing here",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests",
            StatusCode::INTERNAL_SERVER_ERROR => "The server failed",
            _ => "This did not work",
        };
        let message = Message { base: base(app), title, message: &self.sentence, retry_after: self.retry_after };
        let page = Page { retry_after: self.retry_after, ..Page::new(&message).with_status(self.status) };
        let mut answer = page.into_response();
        if let Some(allow) = self.allow {
            answer.headers_mut().insert(header::ALLOW, allow);
        }
        answer
    }

    /// Whether it is only that nobody is signed in.
    pub fn needs_sign_in(&self) -> bool {
        self.needs_sign_in
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
        let needs_sign_in = refusal.code == Code::NotAuthenticated;
        Self { retry_after, needs_sign_in, ..Self::new(status, refusal.sentence) }
    }
}

impl From<OauthError> for PageError {
    fn from(error: OauthError) -> Self {
        if let Some(source) = &error.source {
            tracing::error!(code = error.code.as_str(), error = %source, "request failed");
        }
        let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = (error.code == ErrorCode::TemporarilyUnavailable).then_some(1);
        Self { retry_after, ..Self::new(status, error.description) }
    }
}

impl From<db::Error> for PageError {
    fn from(error: db::Error) -> Self {
        Refusal::from(error).into()
    }
}

/// A page in the place of a refusal in JSON: a browser has asked.
pub fn for_a_person(app: &App, answer: Response) -> Response {
    let Some(Said(code, sentence)) = answer.extensions().get() else { return answer };
    let sentence: &str = if matches!(code, Code::NotFound | Code::MethodNotAllowed) {
        "Check the address, or begin at the start page."
    } else {
        sentence
    };
    let mut error = PageError::new(answer.status(), sentence.to_owned());
    let retry_after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    error.retry_after = retry_after;
    error.into_response(app)
}

/// The path of the issuer: what the addresses in pages begin with.
pub fn base(app: &App) -> &str {
    let rest = app.issuer.split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/').map_or("", |index| &rest[index..])
}
