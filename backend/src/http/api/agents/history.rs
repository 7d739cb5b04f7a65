//! `/v1/agents/me/oauth-history`, and the same for the agent's overseer: which client asked for what, and the outcome.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::db::Tx;
use crate::db::schema::agents::Agent;
use crate::db::schema::oauth_requests::Filter;
use crate::http::api::view::AgentPath;
use crate::http::extract::{AgentCaller, At, InQuery, OverseerCaller};
use crate::id::{ClientId, RequestId};
use crate::oversight::{access, history};
use crate::refusal::Refusal;

/// Which page.
#[derive(Deserialize, JsonSchema)]
pub struct Page {
    /// 1 to 100; 50 when left out.
    limit: Option<i64>,
    /// `next` of the page before.
    before: Option<RequestId>,
    /// Only with this outcome. A page of a filtered history looks at 1000 requests at most, and may be empty and have a next.
    status: Option<String>,
    /// Only by this client; for the agent's own tokens its own id.
    client_id: Option<ClientId>,
}

/// A page of the history, newest first.
#[derive(Serialize, JsonSchema)]
pub struct History {
    requests: Vec<Entry>,
    /// For `before`; null on the last page.
    next: Option<String>,
}

/// One request.
#[derive(Serialize, JsonSchema)]
pub struct Entry {
    id: String,
    client: ClientSummary,
    /// Space-separated.
    scopes: String,
    /// `approved`, `denied`, `blocked`, `limited` or `stopped`.
    status: String,
    /// For which API; the issuer when none was named.
    resource: Option<String>,
    /// RFC 3339, UTC.
    created_at: String,
}

/// The client that asked.
#[derive(Serialize, JsonSchema)]
pub struct ClientSummary {
    id: String,
    /// Null when it was deleted.
    name: Option<String>,
}

/// `GET /v1/agents/me/oauth-history`
pub async fn list(
    State(app): State<App>,
    caller: AgentCaller,
    InQuery(page): InQuery<Page>,
) -> Result<Json<History>, Refusal> {
    let read = caller.read(&app, move |tx, agent| page.of(tx, agent));
    Ok(Json(read.await?))
}

/// `GET /v1/overseers/agents/{agent_id}/oauth-history`
pub async fn list_of_agent(
    State(app): State<App>,
    caller: OverseerCaller,
    At(AgentPath { agent_id }): At<AgentPath>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<History>, Refusal> {
    let read = caller.read(&app, move |tx, overseer| {
        let (agent, _) = access::must_oversee(tx, &overseer.id, &agent_id)?;
        page.of(tx, &agent)
    });
    Ok(Json(read.await?))
}

impl Page {
    fn of(&self, tx: &mut Tx<'_>, agent: &Agent) -> Result<History, Refusal> {
        let filter =
            Filter { status: self.status.clone(), client_id: self.client_id.as_ref().map(|id| id.as_str().to_owned()) };
        let limit = self.limit.unwrap_or(50).clamp(1, 100);
        let page = history::page(tx, agent, &filter, self.before.as_ref(), limit)?;
        Ok(History { requests: page.entries.into_iter().map(entry).collect(), next: page.next })
    }
}

fn entry(history::Entry { request, client_name }: history::Entry) -> Entry {
    Entry {
        id: request.id,
        client: ClientSummary { name: client_name, id: request.client_id },
        scopes: request.scopes,
        status: request.status,
        resource: request.resource,
        created_at: rfc3339(request.created_at),
    }
}
