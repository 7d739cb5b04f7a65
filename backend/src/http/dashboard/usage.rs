//! `/usage`: what one's tier allows, and what of it is used.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::shell::{Section, Shell};
use super::visitor::Visitor;
use crate::app::App;
use crate::http::pages::Page;
use crate::oversight::usage::{self, Usage};

/// The page.
#[derive(Template)]
#[template(path = "dashboard/usage.html")]
struct UsagePage<'a> {
    shell: Shell<'a>,
    usage: Usage,
}

/// `GET /usage`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let show = async |visitor: &Visitor| {
        let (tiers, now) = (app.tiers.clone(), app.clock.now());
        let read = visitor.read(&app, move |tx, overseer| usage::of(tx, &overseer.id, &tiers, now));
        let (overseer, usage) = read.await?;
        let shell = visitor.shell(&app, Section::Usage, &overseer);
        Ok(Page::new(&UsagePage { shell, usage }).into_response())
    };
    visitor.answer(&app, show).await
}
