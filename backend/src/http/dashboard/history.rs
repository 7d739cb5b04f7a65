//! `/agents/{agent_id}/history`: what applications asked an agent for, filtered and page by page.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::agent::Asked;
use super::shell::{Section, Shell};
use super::visitor::Visitor;
use crate::app::App;
use crate::db::schema::agents::Agent;
use crate::db::schema::oauth_requests::{Filter, OUTCOMES};
use crate::http::api::view::AgentPath;
use crate::http::extract::At;
use crate::http::pages::Page;
use crate::id::RequestId;
use crate::oversight::{access, history};

/// How many requests a page shows.
const PAGE: i64 = 50;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/history.html")]
struct HistoryPage<'a> {
    shell: Shell<'a>,
    agent: Agent,
    lines: Vec<Asked>,
    filter: Filter,
    outcomes: [&'static str; 5],
    /// What the address of older requests says.
    older: Option<String>,
}

/// `GET /agents/{agent_id}/history`
pub async fn page(State(app): State<App>, At(AgentPath { agent_id }): At<AgentPath>, visitor: Visitor) -> Response {
    let show = async |visitor: &Visitor| {
        let filter = Filter {
            status: visitor.parameter("status").filter(|status| OUTCOMES.contains(&status.as_str())),
            client_id: visitor.parameter("client_id").map(|id| id.trim().to_lowercase()),
        };
        let before = visitor.parameter("before").and_then(|id| RequestId::parse(&id));
        let asked = filter.clone();
        let read = visitor.read(&app, move |tx, overseer| {
            let (agent, _) = access::must_oversee(tx, &overseer.id, &agent_id)?;
            let page = history::page(tx, &agent, &asked, before.as_ref(), PAGE)?;
            Ok((agent, page))
        });
        let (overseer, (agent, page)) = read.await?;
        let shell = visitor.shell(&app, Section::Agents, &overseer);
        let older = page.next.map(|next| query(&filter, &next));
        let lines = page.entries.into_iter().map(Asked::new).collect();
        Ok(Page::new(&HistoryPage { shell, agent, lines, filter, outcomes: OUTCOMES, older }).into_response())
    };
    visitor.answer(&app, show).await
}

fn query(filter: &Filter, before: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("status", &filter.status), ("client_id", &filter.client_id)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    query.append_pair("before", before).finish()
}
