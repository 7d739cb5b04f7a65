//! `/`: what this server is, for agents, for overseers and for developers of applications.

use askama::Template;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::shell::{Section, Shell};
use super::visitor::Visitor;
use crate::app::App;
use crate::http::pages::Page;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/landing.html")]
struct Landing<'a> {
    shell: Shell<'a>,
    issuer: &'a str,
    /// The command line finds the server without being told.
    is_default: bool,
}

/// Whether a browser asks; a program that names JSON, or nothing, is answered in JSON.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = |media_type: &str| accept.split(',').position(|one| names(one, media_type));
    match (named("text/html"), named("application/json")) {
        (Some(html), Some(json)) => html < json,
        (html, _) => html.is_some(),
    }
}

fn names(one: &str, media_type: &str) -> bool {
    one.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(media_type))
}

/// `GET /` for browsers.
pub async fn page(app: &App, visitor: &Visitor) -> Response {
    let name = visitor.read(app, |_, _| Ok(())).await.ok().map(|(overseer, ())| overseer.name);
    let shell = Shell::new(app, &visitor.browser, Section::Outside, name).with_notice(visitor.query.as_deref());
    let is_default = app.issuer == "http://127.0.0.1:8787";
    Page::new(&Landing { shell, issuer: &app.issuer, is_default }).into_response()
}
