//! `/clients`: the applications that one has registered, and those of one's agents.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::moment::Moment;
use super::shell::{Section, Shell};
use super::visitor::Visitor;
use crate::app::App;
use crate::billing::tiers;
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::http::pages::Page;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/clients.html")]
struct Clients<'a> {
    shell: Shell<'a>,
    clients: Vec<Line>,
    /// How many there may be.
    limit: Option<i64>,
}

/// One application.
struct Line {
    client: OauthClient,
    registered: Moment,
}

/// `GET /clients`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let show = async |visitor: &Visitor| {
        let tier = app.config.billing.default_tier.clone();
        let read = visitor.read(&app, move |tx, overseer| {
            let limit = tiers::clients_limit(tx, &tier)?;
            Ok((oauth_clients::of_overseer(tx, &overseer.id)?, limit.at_most()))
        });
        let (overseer, (clients, limit)) = read.await?;
        let line = |client: OauthClient| Line { registered: Moment::new(client.created_at), client };
        let shell = visitor.shell(&app, Section::Clients, &overseer);
        let page = Clients { shell, clients: clients.into_iter().map(line).collect(), limit };
        Ok(Page::new(&page).into_response())
    };
    visitor.answer(&app, show).await
}
