//! What clients asked an agent for, and what came of it: for the agent and for whoever answers for it.

use std::collections::HashMap;

use crate::db::schema::agents::Agent;
use crate::db::schema::cut;
use crate::db::schema::oauth_clients;
use crate::db::schema::oauth_requests::{self, Filter, OauthRequest};
use crate::db::{Error, Tx};
use crate::id::RequestId;

/// How many requests a page of a filtered history looks at, at most: what is asked for may be far back.
const LOOKED_AT: i64 = 1000;

/// One request, and what the client is called; one that was deleted has no name any more.
pub struct Entry {
    /// The request.
    pub request: OauthRequest,
    /// The client's name.
    pub client_name: Option<String>,
}

/// A page of a history, newest first.
pub struct Page {
    /// What it shows.
    pub entries: Vec<Entry>,
    /// The last request that was looked at, when there are older ones.
    pub next: Option<String>,
}

/// Up to `limit` requests that pass the filter, older than the request `before`. A page may hold fewer and still have a next
/// one: it looks at no more than a thousand requests.
pub fn page(
    tx: &mut Tx<'_>,
    agent: &Agent,
    filter: &Filter,
    before: Option<&RequestId>,
    limit: i64,
) -> Result<Page, Error> {
    let looked_at = if filter.is_empty() { limit } else { LOOKED_AT };
    let mut requests = oauth_requests::page(tx, &agent.id, before, looked_at + 1)?;
    let id = |request: &OauthRequest| request.id.clone();
    let older = cut(&mut requests, looked_at, id);
    requests.retain(|request| filter.passes(request));
    let next = cut(&mut requests, limit, id).or(older);
    let names = names(tx, agent, &requests)?;
    let entry = |request: OauthRequest| Entry { client_name: names.get(&request.client_id).cloned(), request };
    Ok(Page { entries: requests.into_iter().map(entry).collect(), next })
}

fn names(tx: &mut Tx<'_>, agent: &Agent, requests: &[OauthRequest]) -> Result<HashMap<String, String>, Error> {
    let (Some(newest), Some(oldest)) = (requests.first(), requests.last()) else { return Ok(HashMap::new()) };
    let mut names = oauth_clients::names_in_history(tx, &agent.id, &oldest.id, &newest.id)?;
    // The agent's own tokens stand there with its own id.
    names.insert(agent.id.to_string(), agent.name.clone());
    Ok(names)
}
