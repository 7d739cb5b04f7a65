//! Who calls the server: agents, the clients that one of them owns, and what they hold. All of it is made over
//! HTTP before any clock starts, as `docs/` describes the interface.

pub mod agents;
mod browsers;
mod clients;
mod overseers;
mod strict;
mod tokens;

use anyhow::{Context as _, bail};
use hyper::body::Bytes;
use serde_json::Value;

pub use agents::Agent;
pub use clients::{ASSERTION_TYPE, Clients};
pub use tokens::Holder;

use crate::call::{self, Request};
use crate::load::Load;
use crate::process::Process;
use crate::server::Data;

/// An agent for whom nobody answers may be used a hundred times a month only; that is not what is measured.
const LIFT_LIMITS: &str = "UPDATE subscription_tiers SET max_oauth_per_period = -1, max_clients = -1";

/// A server and those who call it.
pub struct World {
    /// The server.
    pub server: Process,
    /// Registered; each has a key of its own.
    pub agents: Vec<Agent>,
    /// `None` when the server has no clients.
    pub clients: Option<Clients>,
    /// Refresh tokens of the client with a key that were not used yet.
    pub refresh_tokens: Vec<String>,
    /// Where agents have signed in.
    browsers: Vec<browsers::Browser>,
    /// Of the server that is for such clients.
    strict: Option<strict::Strict>,
    held: Vec<tokens::Held>,
    discovery: Value,
}

impl World {
    /// Registers agents and clients at a server that has none. It runs on `data`.
    pub async fn make(server: Process, data: &Data, agents: usize) -> anyhow::Result<Self> {
        data.execute(LIFT_LIMITS)?;
        let agents = agents::register(&server, agents).await?;
        let request = call::get(server.address, "/.well-known/openid-configuration").finish(Bytes::new())?;
        let discovery = ask(&server, vec![request]).await?.pop().unwrap_or_default();
        let owner = agents.first().context("there are no agents")?;
        let clients = clients::register(&server, owner).await?;
        Ok(Self {
            server,
            agents,
            clients,
            refresh_tokens: Vec::new(),
            browsers: Vec::new(),
            strict: None,
            held: Vec::new(),
            discovery,
        })
    }

    /// Whether the server is one for clients of the strict profile.
    pub fn is_strict(&self) -> bool {
        self.strict.is_some()
    }

    /// Whether the discovery document has this member.
    pub fn has(&self, member: &str) -> bool {
        self.discovery.get(member).is_some()
    }

    /// Whether the discovery document's list `member` has `value`.
    pub fn discovers(&self, member: &str, value: &str) -> bool {
        let list = self.discovery.get(member).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|entry| entry == value))
    }

    /// The agents in turn, without end.
    pub fn agents_in_turn(&self) -> impl Iterator<Item = &Agent> {
        self.agents.iter().cycle()
    }

    /// The clients, by whoever needs them.
    pub fn clients(&self) -> anyhow::Result<&Clients> {
        self.clients.as_ref().context("this server has no clients")
    }

    /// Sends all of this and reads the answers, in the order of the requests.
    pub async fn ask(&self, requests: Vec<Request>) -> anyhow::Result<Vec<Value>> {
        ask(&self.server, requests).await
    }
}

/// Sends all and reads the answers' JSON, in the order of the requests.
async fn ask(server: &Process, requests: Vec<Request>) -> anyhow::Result<Vec<Value>> {
    let mut round = Load::everything().run(server, requests).await?;
    if let Some((error, count)) = round.errors.first_key_value() {
        bail!("a preparation failed {count} times: {error}");
    }
    round.answers.sort_by_key(|answer| answer.index);
    let bodies = round.answers.iter();
    bodies.map(|answer| serde_json::from_slice(&answer.body).context("an answer is no JSON")).collect()
}

/// A text of an answer.
fn text(answer: &Value, member: &str) -> anyhow::Result<String> {
    let text = answer.get(member).and_then(Value::as_str);
    Ok(text.with_context(|| format!("an answer has no `{member}`: {answer}"))?.to_owned())
}
