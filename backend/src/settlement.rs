//! What the end of a period takes away, and a payment gives back.
//!
//! With a period go the agents and clients that its overseer has marked. Where there are more left than the tier allows, the newest
//! go: at once when a subscription has ended, for whoever had it knew of its end; with the period when it was changed for a smaller
//! tier; and when limits come to be that nobody had agreed to, after a month, of which a letter tells. Agents are let go, clients
//! disabled, and clients come back when there is room. Where the settings do not say what a price gives, nothing goes.

use crate::billing::tiers::{Limit, Plan, Tiers};
use crate::db::Tx;
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::db::schema::overseers::{self, Overseer};
use crate::db::schema::oversights::{self, Oversight};
use crate::db::schema::{agents, client_blocks};
use crate::id::{AgentId, ClientId, OverseerId, Owner};
use crate::identity::letters::{Letter, Letters};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::oauth::clients::management;
use crate::refusal::Refusal;

/// How long what is there stays when limits come to be that nobody had agreed to, in seconds: the longest month.
pub const NOTICE: i64 = 31 * 24 * 60 * 60;
/// How far apart clocks may be, in seconds.
const CLOCKS_DIFFER: i64 = 300;

/// What an overseer has beyond their tier, and when it goes.
pub struct Outlook {
    /// Whose it is.
    pub overseer: Overseer,
    /// The tier.
    pub tier: String,
    /// Agents that go.
    pub agents: Vec<AgentId>,
    /// Clients that go, beside those of these agents.
    pub clients: Vec<ClientId>,
    /// When, Unix seconds.
    pub at: i64,
}

/// What there is to decide on.
struct Standing {
    overseer: Overseer,
    plan: Plan,
    /// What was paid for when it was last looked at is over, or was changed for something else.
    has_changed: bool,
    /// The period that was last looked at is over.
    is_period_over: bool,
    /// The newest first.
    agents: Vec<Oversight>,
}

impl Standing {
    fn read(tx: &mut Tx<'_>, overseer: Overseer, tiers: &Tiers, now: i64) -> Result<Self, Refusal> {
        let plan = tiers.of_overseer(tx, &overseer.id, now)?;
        let has_changed = overseer.settled_price_id.is_some() && overseer.settled_price_id != plan.price_id;
        let mut agents = oversights::of_overseer(tx, &overseer.id)?;
        agents.sort_by(|one, other| (other.updated_at, &other.id).cmp(&(one.updated_at, &one.id)));
        // A renewal that is told a little early is one.
        let has_renewed = |end: i64| {
            let begins = plan.subscription.as_ref().and_then(|subscription| subscription.period_starts_at);
            begins.is_some_and(|begins| begins >= end - CLOCKS_DIFFER)
        };
        let is_period_over = overseer.billing_period_end.is_some_and(|end| end <= now || has_renewed(end));
        Ok(Self { overseer, plan, has_changed, is_period_over, agents })
    }

    /// Whether they have chosen to have less.
    fn has_agreed(&self) -> bool {
        self.has_changed || self.overseer.over_limit_agreed
    }

    /// When what is too much goes.
    fn goes_at(&self, now: i64) -> i64 {
        match &self.plan.subscription {
            None if self.has_agreed() => now,
            Some(_) if self.has_agreed() && self.is_period_over => now,
            Some(_) if self.has_agreed() => self.plan.period_end,
            None | Some(_) => self.overseer.over_limit_since.unwrap_or(now) + NOTICE,
        }
    }

    /// Those that go: the marked when the period is over, and of the others the newest that are too many, if they go now.
    fn going_agents(&self, takes: bool) -> Vec<AgentId> {
        let (marked, others): (Vec<_>, Vec<_>) =
            self.agents.iter().partition(|agent| agent.marked_for_cancellation && (self.is_period_over || takes));
        let too_many = if takes { beyond(self.plan.agents(), others.len()) } else { 0 };
        marked.into_iter().chain(others.into_iter().take(too_many)).map(|agent| agent.agent_id.clone()).collect()
    }

    /// The same of clients that are on; the newest first.
    fn going_clients<'a>(&self, clients: &'a [OauthClient], takes: bool) -> Vec<&'a OauthClient> {
        let (marked, others): (Vec<_>, Vec<_>) =
            clients.iter().partition(|client| client.marked_for_cancellation && (self.is_period_over || takes));
        let too_many = if takes { beyond(self.plan.clients(), others.len()) } else { 0 };
        marked.into_iter().chain(others.into_iter().take(too_many)).collect()
    }
}

fn beyond(limit: Limit, number: usize) -> usize {
    match limit {
        Limit::Unlimited => 0,
        Limit::AtMost(limit) => number.saturating_sub(usize::try_from(limit).unwrap_or(0)),
    }
}

/// The overseer's clients that are on, and their agents', the newest first.
fn clients_on(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<Vec<OauthClient>, Refusal> {
    let mut clients = oauth_clients::of_overseer(tx, overseer_id)?;
    clients.retain(|client| client.disabled_at.is_none());
    clients.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
    Ok(clients)
}

/// With an agent go its clients.
fn without_those_of(agents: &[AgentId], mut clients: Vec<OauthClient>) -> Vec<OauthClient> {
    clients.retain(|client| !agents.iter().any(|agent| client.owner_id == agent.as_str()));
    clients
}

/// What would go of an overseer's, and when; `None` when nothing would. What was chosen for later counts.
pub fn outlook(tx: &mut Tx<'_>, overseer: Overseer, tiers: &Tiers, now: i64) -> Result<Option<Outlook>, Refusal> {
    if overseer.id.is_shadow() {
        return Ok(None);
    }
    let mut standing = Standing::read(tx, overseer, tiers, now)?;
    let at = match tiers.upcoming(tx, &standing.plan)? {
        Some((tier, at)) => {
            standing.plan.tier = tier;
            at
        }
        None => standing.goes_at(now),
    };
    let agents = standing.going_agents(true);
    let clients = without_those_of(&agents, clients_on(tx, &standing.overseer.id)?);
    let clients: Vec<ClientId> =
        standing.going_clients(&clients, true).into_iter().map(|client| client.id.clone()).collect();
    if agents.is_empty() && clients.is_empty() {
        return Ok(None);
    }
    Ok(Some(Outlook { tier: standing.plan.tier.tier, overseer: standing.overseer, agents, clients, at }))
}

/// Takes away what goes now, and gives back what there is room for. Done twice, it does nothing the second time.
pub fn settle(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    tiers: &Tiers,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    if overseer_id.is_shadow() {
        return settle_shadow(tx, overseer_id, tiers, from);
    }
    if !overseers::lock(tx, overseer_id)? {
        return Ok(());
    }
    let Some(overseer) = overseers::find(tx, overseer_id)? else { return Ok(()) };
    let now = from.now();
    if tiers.is_unclear(tx, overseer_id, now)? {
        tracing::error!(%overseer_id, "paid for at a price that paddle.price_… does not name: nothing is taken away");
        return Ok(());
    }
    let standing = Standing::read(tx, overseer, tiers, now)?;
    let all = clients_on(tx, overseer_id)?;
    let is_too_much =
        beyond(standing.plan.agents(), standing.agents.len()) > 0 || beyond(standing.plan.clients(), all.len()) > 0;
    let takes = is_too_much && standing.goes_at(now) <= now;
    let agents = standing.going_agents(takes);
    for agent_id in &agents {
        oversights::end(tx, agent_id, now)?;
        client_blocks::delete_of_overseer(tx, agent_id, overseer_id)?;
        from.note(tx, overseer_id, Kind::AgentReleased, About::agent(agent_id))?;
    }
    let on = without_those_of(&agents, all);
    let going = standing.going_clients(&on, takes);
    for client in &going {
        management::disable_by_limit(tx, client, from)?;
    }
    let left = on.len() - going.len();
    let left_agents = standing.agents.len() - agents.len();
    let is_over = beyond(standing.plan.agents(), left_agents) > 0 || beyond(standing.plan.clients(), left) > 0;
    if !is_over {
        let clients = oauth_clients::of_overseer(tx, overseer_id)?;
        give_back(tx, clients, standing.plan.clients(), left, from)?;
    }
    let since = is_over.then(|| standing.overseer.over_limit_since.unwrap_or(now));
    let is_new = since.is_some() && standing.overseer.over_limit_since.is_none();
    let letter = if agents.is_empty() && going.is_empty() {
        is_new.then_some(Letter::OverLimit)
    } else {
        Some(Letter::Released)
    };
    if let (Some(letter), Some(email)) = (letter, &standing.overseer.email) {
        letters.write(tx, letter, email, None, from)?;
    }
    let price = standing.plan.price_id.as_deref();
    let agreed = is_over && standing.has_agreed();
    Ok(overseers::set_settled(tx, overseer_id, (standing.plan.period_end, price), (since, agreed))?)
}

/// The same for the agent of somebody without an account: when the time is over, the newest clients go that are too many then; while
/// it lasts, they come back.
fn settle_shadow(tx: &mut Tx<'_>, overseer_id: &OverseerId, tiers: &Tiers, from: &CalledFrom) -> Result<(), Refusal> {
    let now = from.now();
    let Some(Oversight { agent_id, .. }) = oversights::of_shadow(tx, overseer_id)? else { return Ok(()) };
    agents::lock(tx, &agent_id)?;
    let active = oversights::active(tx, &agent_id)?;
    let Some(ends_at) = active.and_then(|oversight| oversight.ends_at) else { return Ok(()) };
    let clients = oauth_clients::of_owner(tx, &Owner::Agent(agent_id.clone()))?;
    let mut on: Vec<&OauthClient> = clients.iter().filter(|client| client.disabled_at.is_none()).collect();
    let limit = tiers.of_agent(tx, &agent_id, now)?.clients();
    if ends_at > now {
        let number = on.len();
        return give_back(tx, clients, limit, number, from);
    }
    on.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
    for client in on.iter().take(beyond(limit, on.len())) {
        management::disable_by_limit(tx, client, from)?;
    }
    oversights::end(tx, &agent_id, now)?;
    Ok(())
}

/// Clients that a limit has disabled come back, the oldest first.
fn give_back(
    tx: &mut Tx<'_>,
    mut off: Vec<OauthClient>,
    limit: Limit,
    on: usize,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    let room = match limit {
        Limit::Unlimited => usize::MAX,
        Limit::AtMost(limit) => usize::try_from(limit).unwrap_or(0).saturating_sub(on),
    };
    off.retain(|client| client.disabled_by_limit);
    off.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
    for client in off.into_iter().take(room) {
        management::enable_again(tx, &client, from)?;
    }
    Ok(())
}
