//! `/agents`: the agents that one answers for.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::moment::Moment;
use super::shell::{Section, Shell};
use super::visitor::Visitor;
use crate::app::App;
use crate::billing::tiers::Plan;
use crate::crypto::jwk;
use crate::db::schema::agents::{self, Agent};
use crate::db::schema::oversights::{self, Oversight};
use crate::db::schema::{cut, oauth_requests, sessions};
use crate::db::{Error, Tx};
use crate::http::pages::Page;
use crate::id::AgentId;

/// How many agents a page shows.
const PAGE: i64 = 50;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/agents.html")]
struct Agents<'a> {
    shell: Shell<'a>,
    agents: Vec<Line>,
    /// Where the list goes on.
    next: Option<AgentId>,
}

/// One agent.
struct Line {
    agent: Agent,
    fingerprint: String,
    since: Moment,
    last_seen: Option<Moment>,
    usage: Usage,
}

/// Authorizations of the current period against the limit.
pub struct Usage {
    /// Those made.
    pub used: i64,
    /// Those that the tier allows; `None`: as many as one likes.
    pub limit: Option<i64>,
    /// When the count begins anew.
    pub until: Moment,
}

impl Usage {
    /// An agent's.
    pub fn of(agent: &Agent, plan: &Plan) -> Self {
        Self { used: plan.used(agent), limit: plan.authorizations().at_most(), until: Moment::new(plan.period_end) }
    }
}

/// When an agent last signed in or was asked for.
pub fn last_seen(tx: &mut Tx<'_>, id: &AgentId) -> Result<Option<i64>, Error> {
    let asked = oauth_requests::latest(tx, id)?;
    Ok(asked.max(sessions::latest(tx, "agent", id.as_str())?))
}

/// `GET /agents`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let show = async |visitor: &Visitor| {
        let after = visitor.parameter("after").and_then(|id| AgentId::parse(&id));
        let (tiers, now) = (app.tiers.clone(), app.clock.now());
        let read = visitor.read(&app, move |tx, overseer| {
            let plan = tiers.of_overseer(tx, &overseer.id, now)?;
            let oversights = oversights::page(tx, &overseer.id, after.as_ref(), PAGE + 1)?;
            let lines = oversights.iter().map(|oversight| line(tx, oversight, &plan));
            Ok(lines.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect::<Vec<_>>())
        });
        let (overseer, mut agents) = read.await?;
        let next = cut(&mut agents, PAGE, |line| line.agent.id.clone());
        let shell = visitor.shell(&app, Section::Agents, &overseer);
        Ok(Page::new(&Agents { shell, agents, next }).into_response())
    };
    visitor.answer(&app, show).await
}

fn line(tx: &mut Tx<'_>, oversight: &Oversight, plan: &Plan) -> Result<Option<Line>, Error> {
    let Some(agent) = agents::find(tx, &oversight.agent_id)? else { return Ok(None) };
    Ok(Some(Line {
        fingerprint: jwk::thumbprint(&agent.public_key),
        since: Moment::new(oversight.updated_at),
        last_seen: last_seen(tx, &agent.id)?.map(Moment::new),
        usage: Usage::of(&agent, plan),
        agent,
    }))
}
