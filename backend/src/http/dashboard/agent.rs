//! `/agents/{agent_id}`: one agent: who it is, what it does, who holds what for it, and how it is stopped.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::agents::{Usage, last_seen};
use super::chart::{Chart, first_day};
use super::moment::Moment;
use super::notice::Notice;
use super::shell::{Section, Shell};
use super::sign_in::is_for_the_person;
use super::visitor::{Visitor, VisitorPost, done};
use crate::app::App;
use crate::billing::tiers::Tiers;
use crate::clock::stopwatch;
use crate::crypto::jwk;
use crate::db::Tx;
use crate::db::schema::access_tokens::Holder;
use crate::db::schema::agents::Agent;
use crate::db::schema::client_blocks::ClientBlock;
use crate::db::schema::oauth_requests::Filter;
use crate::db::schema::overseers::Overseer;
use crate::db::schema::{access_tokens, authorization_days, client_blocks, retired_keys};
use crate::http::api::view::AgentPath;
use crate::http::extract::At;
use crate::http::pages::{Page, PageError};
use crate::id::{self, AgentId, ClientId, OverseerId};
use crate::oversight::history::{self, Entry};
use crate::oversight::stop::Receipt;
use crate::oversight::{access, blocks, claims, stop};
use crate::refusal::{Code, Refusal};

/// How many requests the page shows.
const LATEST: i64 = 10;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/agent.html")]
struct AgentPage<'a> {
    shell: Shell<'a>,
    seen: Seen,
}

/// What there is to see of an agent.
struct Seen {
    agent: Agent,
    fingerprint: String,
    since: Moment,
    /// It is to be let go when the billing period ends.
    is_marked: bool,
    registered: Moment,
    key_since: Option<Moment>,
    last_seen: Option<Moment>,
    stopped: Option<Moment>,
    /// The overseer themselves stopped it, so they can resume it.
    stop_is_own: bool,
    usage: Usage,
    holders: Vec<Holds>,
    blocked: Vec<(ClientId, Option<String>)>,
    chart: Chart,
    latest: Vec<Asked>,
}

/// What somebody holds.
struct Holds {
    holder: Holder,
    until: Moment,
}

/// One line of the history.
pub struct Asked {
    /// The request.
    pub entry: Entry,
    /// When.
    pub at: Moment,
}

/// The receipt of a stop: a page of its own, which needs nothing of what the agent may have made large.
#[derive(Template)]
#[template(path = "dashboard/stopped.html")]
struct Stopped<'a> {
    shell: Shell<'a>,
    agent_id: &'a AgentId,
    receipt: Receipt,
    took_ms: String,
    offline_until: Option<Moment>,
}

/// What a form asks for, done.
enum Outcome {
    Done(String, Notice),
    Stopped(Box<Overseer>, Receipt, Duration),
}

impl Asked {
    /// A line of it.
    pub fn new(entry: Entry) -> Self {
        Self { at: Moment::new(entry.request.created_at), entry }
    }
}

/// `GET /agents/{agent_id}`
pub async fn page(State(app): State<App>, At(AgentPath { agent_id }): At<AgentPath>, visitor: Visitor) -> Response {
    visitor.answer(&app, async |visitor| show(&app, visitor, &agent_id, None).await).await
}

/// `POST /agents/{agent_id}`
pub async fn act(State(app): State<App>, At(AgentPath { agent_id }): At<AgentPath>, post: VisitorPost) -> Response {
    let act = async |visitor: &Visitor| match apply(&app, &post, &agent_id).await {
        Ok(Outcome::Done(path, notice)) => Ok(done(&app, &path, notice)),
        Ok(Outcome::Stopped(overseer, receipt, took)) => {
            let page = Stopped {
                shell: visitor.shell(&app, Section::Agents, &overseer),
                agent_id: &agent_id,
                took_ms: format!("{:.1}", took.as_secs_f64() * 1000.0),
                offline_until: receipt.ended.last_expiry.map(Moment::new),
                receipt,
            };
            Ok(Page::new(&page).into_response())
        }
        Err(refusal) if is_for_the_person(&refusal) => show(&app, visitor, &agent_id, Some(refusal)).await,
        Err(refusal) => Err(refusal.into()),
    };
    post.visitor.answer(&app, act).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    agent_id: &AgentId,
    refusal: Option<Refusal>,
) -> Result<Response, PageError> {
    let (id, tiers, now) = (agent_id.clone(), app.tiers.clone(), app.clock.now());
    let read = visitor.read(app, move |tx, overseer| look(tx, &overseer.id, &id, &tiers, now)).await;
    let (overseer, seen) = read?;
    let shell = visitor.shell(app, Section::Agents, &overseer).with_problem(refusal.as_ref());
    let page = Page::new(&AgentPage { shell, seen });
    Ok(refusal.iter().fold(page, Page::refused).into_response())
}

fn look(tx: &mut Tx<'_>, overseer_id: &OverseerId, id: &AgentId, tiers: &Tiers, now: i64) -> Result<Seen, Refusal> {
    let (agent, oversight) = access::must_oversee(tx, overseer_id, id)?;
    let holders = access_tokens::holders(tx, id, now)?;
    let counted = authorization_days::of_agent(tx, id, first_day(now))?;
    let latest = history::page(tx, &agent, &Filter::default(), None, LATEST)?;
    Ok(Seen {
        fingerprint: jwk::thumbprint(&agent.public_key),
        since: Moment::new(oversight.updated_at),
        is_marked: oversight.marked_for_cancellation,
        registered: Moment::new(agent.created_at),
        key_since: retired_keys::latest(tx, id)?.map(Moment::new),
        last_seen: last_seen(tx, id)?.map(Moment::new),
        stopped: agent.stopped_at.map(Moment::new),
        stop_is_own: agent.stopped_by.as_deref() == Some(overseer_id.as_str()),
        usage: Usage::of(&agent, &tiers.of_overseer(tx, overseer_id, now)?),
        holders: holders.into_iter().map(|holder| Holds { until: Moment::new(holder.until), holder }).collect(),
        blocked: client_blocks::of_agent_with_names(tx, id)?,
        chart: Chart::new(&counted, now),
        latest: latest.entries.into_iter().map(Asked::new).collect(),
        agent,
    })
}

async fn apply(app: &App, post: &VisitorPost, agent_id: &AgentId) -> Result<Outcome, Refusal> {
    let (visitor, from, id) = (&post.visitor, post.from.clone(), agent_id.clone());
    let client = post.field("client_id").trim().to_owned();
    let done = |notice| Ok(Outcome::Done(format!("/agents/{agent_id}"), notice));
    match post.field("action") {
        "stop" => stop_now(app, post, id).await,
        "resume" => {
            visitor.write(app, move |tx, overseer| stop::resume_by_overseer(tx, &overseer.id, &id, &from)).await?;
            done(Notice::Resumed)
        }
        "block" => {
            block(app, post, id, &client).await?;
            done(Notice::Blocked)
        }
        "unblock" => {
            let client = ClientId::parse(&client).ok_or(Code::ClientNotFound)?;
            visitor.write(app, move |tx, overseer| blocks::unblock(tx, &overseer.id, &id, &client, &from)).await?;
            done(Notice::Unblocked)
        }
        "revoke" => {
            // The agent's own tokens are held by its own id.
            let holder = ClientId::parse(&client).ok_or(Code::ClientNotFound)?;
            let end = visitor
                .write(app, move |tx, overseer| blocks::end_tokens(tx, &overseer.id, &id, holder.as_str(), &from));
            end.await?;
            done(Notice::Revoked)
        }
        action @ ("mark" | "unmark") => {
            let marks = action == "mark";
            let mark =
                visitor.write(app, move |tx, overseer| access::mark_for_cancellation(tx, &overseer.id, &id, marks));
            mark.await?;
            done(if marks { Notice::Marked } else { Notice::Unmarked })
        }
        "let-go" => {
            let confirmed = post.confirm(app).await?;
            let let_go = visitor.write(app, move |tx, overseer| {
                confirmed.then(overseer, || claims::declaim(tx, &overseer.id, &id, &from))
            });
            let_go.await?;
            Ok(Outcome::Done("/agents".to_owned(), Notice::LetGo))
        }
        _ => Err(Code::InvalidField.because("The form does not say what to do.")),
    }
}

async fn stop_now(app: &App, post: &VisitorPost, id: AgentId) -> Result<Outcome, Refusal> {
    let (began, from) = (stopwatch(), post.from.clone());
    let stop = post
        .visitor
        .write(app, move |tx, overseer| Ok((overseer.clone(), stop::by_overseer(tx, &overseer.id, &id, &from)?)));
    let (overseer, receipt) = stop.await?;
    Ok(Outcome::Stopped(Box::new(overseer), receipt, began.elapsed()))
}

async fn block(app: &App, post: &VisitorPost, agent_id: AgentId, client: &str) -> Result<(), Refusal> {
    let client_id = ClientId::parse(client).ok_or(Code::ClientNotFound)?;
    let (clock, random, from) = (app.clock.clone(), app.random, post.from.clone());
    let block = post.visitor.write(app, move |tx, overseer| {
        let block = ClientBlock {
            id: id::new(&clock, random),
            agent_id: agent_id.clone(),
            overseer_id: overseer.id.clone(),
            client_id: client_id.clone(),
            created_at: clock.now(),
        };
        blocks::block(tx, &block, &from)
    });
    block.await
}
