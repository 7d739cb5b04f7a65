//! `/clients`: the applications that one has registered, and those of one's agents.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::moment::Moment;
use super::shell::{Section, Shell};
use super::visitor::Visitor;
use crate::app::App;
use crate::db::schema::cut;
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::http::pages::Page;
use crate::id::ClientId;

/// How many applications a page shows.
const PAGE: i64 = 50;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/clients.html")]
struct Clients<'a> {
    shell: Shell<'a>,
    clients: Vec<Line>,
    /// How many there are, on all pages.
    used: i64,
    /// How many there may be.
    limit: Option<i64>,
    /// Where the list goes on.
    next: Option<ClientId>,
}

/// One application.
struct Line {
    client: OauthClient,
    registered: Moment,
}

/// `GET /clients`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let show = async |visitor: &Visitor| {
        let (tiers, now) = (app.tiers.clone(), app.clock.now());
        let after = visitor.parameter("after").and_then(|id| ClientId::parse(&id));
        let read = visitor.read(&app, move |tx, overseer| {
            let limit = tiers.of_overseer(tx, &overseer.id, now)?.clients().at_most();
            let used = oauth_clients::count_of_overseer(tx, &overseer.id)?;
            Ok((oauth_clients::page_of_overseer(tx, &overseer.id, after.as_ref(), PAGE + 1)?, used, limit))
        });
        let (overseer, (mut clients, used, limit)) = read.await?;
        let next = cut(&mut clients, PAGE, |client| client.id.clone());
        let line = |client: OauthClient| Line { registered: Moment::new(client.created_at), client };
        let shell = visitor.shell(&app, Section::Clients, &overseer);
        let page = Clients { shell, clients: clients.into_iter().map(line).collect(), used, limit, next };
        Ok(Page::new(&page).into_response())
    };
    visitor.answer(&app, show).await
}
