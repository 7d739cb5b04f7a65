//! `/v1/agents/me/oauth-history`: which client asked for what, and the outcome.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::db::schema::agents::Agent;
use crate::db::schema::oauth_requests::{self, OauthRequest};
use crate::http::extract::{AgentCaller, InQuery};
use crate::id::RequestId;
use crate::refusal::Refusal;

/// Which page.
#[derive(Deserialize, JsonSchema)]
pub struct Page {
    /// 1 to 100; 50 when left out.
    limit: Option<i64>,
    /// `next` of the page before.
    before: Option<RequestId>,
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
    let limit = page.limit.unwrap_or(50).clamp(1, 100);
    let read = caller.read(&app, move |tx, agent| {
        let requests = oauth_requests::page(tx, &agent.id, page.before.as_ref(), limit + 1)?;
        Ok(requests.into_iter().map(|request| entry(agent, request)).collect::<Vec<_>>())
    });
    let mut requests = read.await?;
    let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = requests.len() > page_size;
    requests.truncate(page_size);
    let next = requests.last().filter(|_| has_more).map(|entry| entry.id.clone());
    Ok(Json(History { requests, next }))
}

fn entry(agent: &Agent, request: OauthRequest) -> Entry {
    // The agent's own tokens stand there with its own id.
    let name = (request.client_id == agent.id.as_str()).then(|| agent.name.clone());
    Entry {
        id: request.id,
        client: ClientSummary { id: request.client_id, name },
        scopes: request.scopes,
        status: request.status,
        resource: request.resource,
        created_at: rfc3339(request.created_at),
    }
}
