//! A form that was posted from one of our own pages: by the browser that the page was made for, and by nobody else's page
//! (RFC 9700 section 4.7; login CSRF included).

use aide::OperationInput;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use url::Url;

use super::browser::Browser;
use super::page::PageError;
use crate::app::App;
use crate::http::extract::{has_content_type, read_body};
use crate::oauth::form::Form;

/// The field that proves that a form was made for this browser.
pub const FORM_TOKEN: &str = "form_token";

/// A form from one of our pages.
pub struct PagePost {
    /// What was filled in.
    pub form: Form,
    /// Who sent it.
    pub browser: Browser,
}

impl FromRequest<App> for PagePost {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        read(request, app).await.map_err(|error| error.into_response(app))
    }
}

async fn read(request: Request, app: &App) -> Result<PagePost, PageError> {
    if !is_from_here(request.headers(), app) {
        return Err(PageError::new(StatusCode::FORBIDDEN, "The form was not sent from a page of this server."));
    }
    if !has_content_type(request.headers(), "application/x-www-form-urlencoded") {
        return Err(PageError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This is not a form."));
    }
    let browser = Browser::of(request.headers(), app);
    let form = Form::parse(&read_body(request).await?)?;
    if !browser.has_form_token(app, form.get(FORM_TOKEN).unwrap_or_default()) {
        let sentence = "The form was made for another browser, or before somebody signed in or out. Go back, load the page \
                        again, and allow cookies.";
        return Err(PageError::new(StatusCode::FORBIDDEN, sentence));
    }
    Ok(PagePost { form, browser })
}

/// `Sec-Fetch-Site`, which no page can set (Fetch Metadata section 2.4), or else `Origin`. Every browser sends one of them
/// with a form; what sends neither is refused.
pub fn is_from_here(headers: &HeaderMap, app: &App) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let own = Url::parse(&app.issuer).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    headers.get(header::ORIGIN).is_some_and(|origin| origin == own.as_str())
}

impl OperationInput for PagePost {}
