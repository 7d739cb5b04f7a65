//! The dashboard's cookie as a credential of the API. A browser sends it along with whatever any page asks for, so what
//! changes something also carries the token that only our own pages show (`X-CSRF-Token`).

use axum::http::request::Parts;

use crate::app::App;
use crate::http::pages::{Browser, is_from_here};
use crate::identity::credentials::Credential;
use crate::refusal::{Code, Refusal};

/// The session of the browser that calls, if it has one. It must not come with another credential.
pub(super) fn cookie(parts: &Parts, app: &App, has_other: bool) -> Result<Option<Credential>, Refusal> {
    let browser = Browser::of(&parts.headers, app);
    let Some(session) = browser.session.clone() else { return Ok(None) };
    if has_other {
        return Err(Code::TwoCredentials.into());
    }
    if !parts.method.is_safe() {
        let token = parts.headers.get("x-csrf-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
        if !is_from_here(&parts.headers, app) || !browser.has_form_token(app, token) {
            return Err(Code::CsrfToken.into());
        }
    }
    Ok(Some(Credential::Cookie(session)))
}
