//! `/security`: the security log: sign-ins, and what was done to one's agents and applications.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::moment::Moment;
use super::shell::{Section, Shell};
use super::visitor::Visitor;
use crate::app::App;
use crate::db::schema::cut;
use crate::db::schema::security_events::{self, SecurityEvent};
use crate::http::pages::Page;
use crate::id::EventId;
use crate::identity::security_log::in_words;

/// How many lines a page shows.
const PAGE: i64 = 50;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/security.html")]
struct SecurityLog<'a> {
    shell: Shell<'a>,
    lines: Vec<Line>,
    /// Where the log goes on.
    older: Option<String>,
}

/// One line.
struct Line {
    event: SecurityEvent,
    at: Moment,
}

impl Line {
    fn words(&self) -> &str {
        in_words(&self.event.kind)
    }
}

/// `GET /security`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let show = async |visitor: &Visitor| {
        let before = visitor.parameter("before").and_then(|id| EventId::parse(&id));
        let read = visitor
            .read(&app, move |tx, overseer| Ok(security_events::page(tx, &overseer.id, before.as_ref(), PAGE + 1)?));
        let (overseer, mut events) = read.await?;
        let older = cut(&mut events, PAGE, |event| event.id.clone());
        let line = |event: SecurityEvent| Line { at: Moment::new(event.created_at), event };
        let shell = visitor.shell(&app, Section::Security, &overseer);
        let page = SecurityLog { shell, lines: events.into_iter().map(line).collect(), older };
        Ok(Page::new(&page).into_response())
    };
    visitor.answer(&app, show).await
}
