//! `/v1/subscriptions`: what there is to pay for, what one has, and where payments are seen.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::billing::tiers::{Plan, Tiers};
use crate::clock::rfc3339;
use crate::db::schema::checkouts;
use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::http::extract::OverseerCaller;
use crate::id::{AgentId, ClientId};
use crate::outbound::paddle::{PaddleError, Transaction};
use crate::refusal::{Code, Refusal};
use crate::settlement::{self, Outlook};

/// What there is.
#[derive(Serialize, JsonSchema)]
pub struct TierList {
    tiers: Vec<TierView>,
}

/// A tier.
#[derive(Serialize, JsonSchema)]
pub struct TierView {
    /// `FREE`, `BASIC`, …
    pub tier: String,
    /// Agents that an overseer may answer for; null: as many as they like.
    pub max_agents: Option<i64>,
    /// Clients of theirs and of these agents together; null: as many as they like.
    pub max_clients: Option<i64>,
    /// Authorizations of each agent in a billing period; null: as many as it likes.
    pub max_oauth_per_period: Option<i64>,
    /// A month's, in minor units.
    pub price: i64,
}

/// What the overseer has.
#[derive(Serialize, JsonSchema)]
pub struct MySubscription {
    #[serde(flatten)]
    tier: TierView,
    /// When the period ends in which authorizations are counted, RFC 3339, UTC.
    period_ends_at: String,
    /// What is paid for; null: nothing.
    subscription: Option<SubscriptionView>,
    /// What goes, for a smaller tier or the end was chosen, or there is too much already; null: nothing.
    going: Option<GoingView>,
}

/// What goes when nothing changes before.
#[derive(Serialize, JsonSchema)]
pub struct GoingView {
    /// When, RFC 3339, UTC.
    at: String,
    /// Agents that are let go.
    agents: Vec<AgentId>,
    /// Clients that are disabled, beside those of these agents.
    clients: Vec<ClientId>,
}

/// What is paid for.
#[derive(Serialize, JsonSchema)]
pub struct SubscriptionView {
    /// Paddle's.
    id: String,
    /// `active`, `trialing` or `past_due`.
    status: String,
    /// When it will end, RFC 3339, UTC; null: it goes on.
    cancels_at: Option<String>,
    /// The tier that it is for from the next period on; null: the same.
    next_tier: Option<String>,
}

/// Where to see and change payments.
#[derive(Serialize, JsonSchema)]
pub struct Portal {
    /// For the overseer alone, and for a short time.
    pub url: String,
}

impl From<SubscriptionTier> for TierView {
    fn from(tier: SubscriptionTier) -> Self {
        let limit = |number: i64| (number >= 0).then_some(number);
        Self {
            max_agents: limit(tier.max_agents),
            max_clients: limit(tier.max_clients),
            max_oauth_per_period: limit(tier.max_oauth_per_period),
            price: tier.price,
            tier: tier.tier,
        }
    }
}

impl SubscriptionView {
    fn of(plan: &Plan, tiers: &Tiers) -> Option<Self> {
        let subscription = plan.subscription.as_ref()?;
        Some(Self {
            id: subscription.id.clone(),
            status: subscription.status.clone(),
            cancels_at: subscription.cancels_at.map(rfc3339),
            next_tier: tiers.next(plan).map(str::to_owned),
        })
    }
}

/// `GET /v1/subscriptions/tiers`
pub async fn tiers(State(app): State<App>) -> Result<Json<TierList>, Refusal> {
    let tiers = app.db.read(subscription_tiers::shown).await?;
    Ok(Json(TierList { tiers: tiers.into_iter().map(TierView::from).collect() }))
}

/// `GET /v1/subscriptions/me`
pub async fn mine(State(app): State<App>, caller: OverseerCaller) -> Result<Json<MySubscription>, Refusal> {
    let (tiers, now) = (app.tiers.clone(), app.clock.now());
    let read = caller.read(&app, move |tx, overseer| {
        let going = settlement::outlook(tx, overseer.clone(), &tiers, now)?;
        Ok((tiers.of_overseer(tx, &overseer.id, now)?, going))
    });
    let (plan, going) = read.await?;
    Ok(Json(MySubscription {
        going: going.map(|Outlook { at, agents, clients, .. }| GoingView { at: rfc3339(at), agents, clients }),
        subscription: SubscriptionView::of(&plan, &app.tiers),
        period_ends_at: rfc3339(plan.period_end),
        tier: plan.tier.into(),
    }))
}

/// `POST /v1/subscriptions/portal`
pub async fn portal(State(app): State<App>, caller: OverseerCaller) -> Result<Json<Portal>, Refusal> {
    Ok(Json(Portal { url: open_portal(&app, caller).await? }))
}

/// Where the overseer sees and changes payments. Only of a customer who has paid by a checkout of theirs.
pub async fn open_portal(app: &App, caller: OverseerCaller) -> Result<String, Refusal> {
    let customer = caller.read(app, |tx, overseer| Ok(checkouts::customer_of(tx, &overseer.id)?)).await?;
    let paddle = app.paddle.as_ref().ok_or(Code::NoBilling)?;
    paddle.portal(&customer.ok_or(Code::NothingPaid)?).await.map_err(refused)
}

/// Where a payment that was begun is made.
pub fn address_of(begun: &Transaction) -> Result<String, Refusal> {
    let address = begun.checkout.as_ref().and_then(|checkout| checkout.url.clone());
    address.ok_or_else(|| {
        tracing::error!("Paddle gives no address to pay at: set a default payment link there");
        Code::PaddleFailed.into()
    })
}

/// For whoever waits for Paddle; the log has more.
pub fn refused(error: PaddleError) -> Refusal {
    tracing::warn!(%error, "Paddle was asked in vain");
    Code::PaddleFailed.into()
}
