//! `/v1/subscriptions`: what there is to pay for, and paying for it.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::rfc3339;
use crate::db::Error;
use crate::db::schema::checkouts::{self, Checkout};
use crate::db::schema::overseers::Overseer;
use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::db::schema::subscriptions::{self, Subscription};
use crate::http::extract::{JsonBody, OverseerCaller};
use crate::id::OverseerId;
use crate::outbound::paddle::{Paddle, PaddleError, Transaction};
use crate::refusal::{Code, Refusal};

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
}

/// Where to go.
#[derive(Deserialize, JsonSchema)]
pub struct Upgrade {
    /// `BASIC`, `PRO` or `PREMIUM`.
    target_tier: String,
}

/// What to do next.
#[derive(Serialize, JsonSchema)]
pub struct Upgrading {
    /// Where to pay. Null: there is a subscription already, which is changed and paid as it was.
    pub checkout_url: Option<String>,
    /// Paddle's; null together with the address.
    pub transaction_id: Option<String>,
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

impl From<&Subscription> for SubscriptionView {
    fn from(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id.clone(),
            status: subscription.status.clone(),
            cancels_at: subscription.cancels_at.map(rfc3339),
        }
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
    let plan = caller.read(&app, move |tx, overseer| Ok(tiers.of_overseer(tx, &overseer.id, now)?)).await?;
    Ok(Json(MySubscription {
        tier: plan.tier.into(),
        period_ends_at: rfc3339(plan.period_end),
        subscription: plan.subscription.as_ref().map(SubscriptionView::from),
    }))
}

/// `POST /v1/subscriptions/upgrade`
pub async fn upgrade(
    State(app): State<App>,
    caller: OverseerCaller,
    JsonBody(body): JsonBody<Upgrade>,
) -> Result<Json<Upgrading>, Refusal> {
    Ok(Json(begin(&app, caller, &body.target_tier).await?))
}

/// Begins to pay for a larger tier.
pub async fn begin(app: &App, caller: OverseerCaller, target: &str) -> Result<Upgrading, Refusal> {
    let (tiers, name, now) = (app.tiers.clone(), target.to_owned(), app.clock.now());
    let read = caller.read(app, move |tx, overseer| {
        let (target, plan) = (subscription_tiers::find(tx, &name)?, tiers.of_overseer(tx, &overseer.id, now)?);
        let stands = subscriptions::goes_on(tx, &overseer.id)?;
        Ok((overseer.clone(), target, plan, stands, checkouts::customer_of(tx, &overseer.id)?))
    });
    let (overseer, target, plan, stands, customer) = read.await?;
    let for_sale = |tier: &SubscriptionTier| app.config.paddle.prices().iter().any(|(name, _)| *name == tier.tier);
    let target = target.filter(for_sale);
    let target = target.ok_or_else(|| Code::InvalidField.because("`target_tier` is BASIC, PRO or PREMIUM."))?;
    let paddle = app.paddle.as_ref().ok_or(Code::NoBilling)?;
    let price = app.config.paddle.price_of(&target.tier).ok_or(Code::NoBilling)?;
    if app.letters.are_sent() && overseer.email_verified_at.is_none() {
        return Err(Code::EmailUnconfirmed.into());
    }
    if let Some(subscription) = &plan.subscription {
        if target.price <= plan.tier.price {
            return Err(Code::NotAnUpgrade.into());
        }
        paddle.change_price(&subscription.id, price).await.map_err(refused)?;
        return Ok(Upgrading { checkout_url: None, transaction_id: None });
    }
    // It does not count now, and may again: a second one beside it would be paid for nothing.
    if stands {
        return Err(Code::SubscriptionStands.into());
    }
    let customer = match customer {
        Some(customer) => Some(customer),
        None => new_customer(paddle, &overseer).await?,
    };
    let begun = paddle.begin_payment(price, customer.as_deref(), overseer.id.as_str()).await.map_err(refused)?;
    keep(app, begun, customer, (overseer.id, target.tier)).await
}

/// Whose the payment is, is on disk before anybody is sent there: what is paid without this is nobody's.
async fn keep(
    app: &App,
    begun: Transaction,
    customer_id: Option<String>,
    (overseer_id, tier): (OverseerId, String),
) -> Result<Upgrading, Refusal> {
    let Some(address) = begun.checkout.and_then(|checkout| checkout.url) else {
        tracing::error!("Paddle gives no address to pay at: set a default payment link there");
        return Err(Code::PaddleFailed.into());
    };
    let checkout = Checkout {
        transaction_id: begun.id.clone(),
        overseer_id,
        tier,
        subscription_id: None,
        customer_id,
        completed_at: None,
        created_at: app.clock.now(),
        agent_id: None,
        challenge_id: None,
        url: None,
        refund_due: None,
        refunded_at: None,
    };
    app.db.write(move |tx| -> Result<(), Error> { checkouts::insert(tx, &checkout) }).await?;
    Ok(Upgrading { checkout_url: Some(address), transaction_id: Some(begun.id) })
}

/// A customer for an overseer who has paid nothing yet. One that Paddle has for the address already is taken only when it was made
/// for this overseer, or the address is known to be theirs: else somebody could pay as another's customer.
async fn new_customer(paddle: &Paddle, overseer: &Overseer) -> Result<Option<String>, Refusal> {
    let Some(email) = &overseer.email else { return Ok(None) };
    let id = overseer.id.as_str();
    if let Some(customer) = paddle.new_customer(email, &overseer.name, id).await.map_err(refused)? {
        return Ok(Some(customer.id));
    }
    let found = paddle.find_customer(email).await.map_err(refused)?;
    let is_theirs = |data: &serde_json::Value| data["overseer_id"] == id;
    let found = found.filter(|customer| {
        overseer.email_verified_at.is_some() || customer.custom_data.as_ref().is_some_and(is_theirs)
    });
    Ok(found.map(|customer| customer.id))
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

/// For whoever waits for Paddle; the log has more.
pub fn refused(error: PaddleError) -> Refusal {
    tracing::warn!(%error, "Paddle was asked in vain");
    Code::PaddleFailed.into()
}
