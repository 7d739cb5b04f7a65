//! `GET /v1/overseers/me/subscription` and `GET /v1/overseers/me/usage`: what one's tier allows, and what of it is used.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::http::extract::OverseerCaller;
use crate::oversight::usage::{self, Usage, Used};
use crate::refusal::Refusal;

/// What the overseer has.
#[derive(Serialize, JsonSchema)]
pub struct Subscription {
    /// `FREE`, `BASIC`, …
    tier: String,
    /// A month's, in minor units.
    price: i64,
    /// Agents that they may answer for; null: as many as they like.
    max_agents: Option<i64>,
    /// Clients of theirs and of these agents together; null: as many as they like.
    max_clients: Option<i64>,
    /// Authorizations of each agent in a billing period; null: as many as it likes.
    max_oauth_per_period: Option<i64>,
}

/// What of it is used.
#[derive(Serialize, JsonSchema)]
pub struct UsageView {
    tier: String,
    agents: UsedView,
    clients: UsedView,
    /// Of all agents together; the limit is for each.
    authorizations: i64,
    authorizations_limit: Option<i64>,
}

/// Something that a tier limits.
#[derive(Serialize, JsonSchema)]
pub struct UsedView {
    used: i64,
    /// Null: as many as one likes.
    limit: Option<i64>,
}

/// `GET /v1/overseers/me/subscription`
pub async fn subscription(State(app): State<App>, caller: OverseerCaller) -> Result<Json<Subscription>, Refusal> {
    let usage = read(&app, caller).await?;
    Ok(Json(Subscription {
        price: usage.plan.tier.price,
        max_agents: usage.agents.limit,
        max_clients: usage.clients.limit,
        max_oauth_per_period: usage.authorizations_limit,
        tier: usage.plan.tier.tier,
    }))
}

/// `GET /v1/overseers/me/usage`
pub async fn usage(State(app): State<App>, caller: OverseerCaller) -> Result<Json<UsageView>, Refusal> {
    let usage = read(&app, caller).await?;
    Ok(Json(UsageView {
        tier: usage.plan.tier.tier,
        agents: view(&usage.agents),
        clients: view(&usage.clients),
        authorizations: usage.authorizations,
        authorizations_limit: usage.authorizations_limit,
    }))
}

async fn read(app: &App, caller: OverseerCaller) -> Result<Usage, Refusal> {
    let (tiers, now) = (app.tiers.clone(), app.clock.now());
    caller.read(app, move |tx, overseer| usage::of(tx, &overseer.id, &tiers, now)).await
}

fn view(used: &Used) -> UsedView {
    UsedView { used: used.used, limit: used.limit }
}
