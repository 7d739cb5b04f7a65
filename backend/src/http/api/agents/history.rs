//! `/v1/agents/me/oauth-history`: which client asked for what, and the outcome.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::db::schema::agents::Agent;
use crate::db::schema::oauth_clients;
use crate::db::schema::oauth_requests::{self, OauthRequest};
use crate::db::{Error, Tx};
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
        let names = names(tx, agent, &requests)?;
        Ok(requests.into_iter().map(|request| entry(&names, request)).collect::<Vec<_>>())
    });
    let mut requests = read.await?;
    let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = requests.len() > page_size;
    requests.truncate(page_size);
    let next = requests.last().filter(|_| has_more).map(|entry| entry.id.clone());
    Ok(Json(History { requests, next }))
}

/// What those that asked are called; a client that was deleted has no name any more.
fn names(tx: &mut Tx<'_>, agent: &Agent, requests: &[OauthRequest]) -> Result<HashMap<String, String>, Error> {
    let (Some(newest), Some(oldest)) = (requests.first(), requests.last()) else { return Ok(HashMap::new()) };
    let mut names = oauth_clients::names_in_history(tx, &agent.id, &oldest.id, &newest.id)?;
    // The agent's own tokens stand there with its own id.
    names.insert(agent.id.to_string(), agent.name.clone());
    Ok(names)
}

fn entry(names: &HashMap<String, String>, request: OauthRequest) -> Entry {
    Entry {
        id: request.id,
        client: ClientSummary { name: names.get(&request.client_id).cloned(), id: request.client_id },
        scopes: request.scopes,
        status: request.status,
        resource: request.resource,
        created_at: rfc3339(request.created_at),
    }
}
