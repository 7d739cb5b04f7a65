//! `/v1/subscriptions/upgrade` and `/downgrade`: another tier. A larger one is paid and there at once; a smaller one, and the end, come
//! with the next period, and can be taken back until then by an upgrade to the tier that one has.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::subscriptions::{address_of, refused};
use crate::app::App;
use crate::billing::tiers::Plan;
use crate::clock::rfc3339;
use crate::db::Error;
use crate::db::schema::checkouts::{self, Checkout};
use crate::db::schema::overseers::{self, Overseer};
use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::db::schema::subscriptions::{self, Subscription};
use crate::http::extract::{JsonBody, OverseerCaller};
use crate::id::OverseerId;
use crate::outbound::paddle::{Paddle, Paid, Transaction};
use crate::refusal::{Code, Refusal};

/// How long whoever asks again for the same tier is sent to the same payment, in seconds.
const SAME_PAYMENT: i64 = 24 * 60 * 60;
/// What one has without paying, as far as a downgrade names it.
const UNPAID: &str = "FREE";

/// Where to go.
#[derive(Deserialize, JsonSchema)]
pub struct Upgrade {
    /// `BASIC`, `PRO` or `PREMIUM`. The tier that one has takes back that a smaller one or the end was chosen.
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

/// Where to go.
#[derive(Deserialize, JsonSchema)]
pub struct Downgrade {
    /// `BASIC` or `PRO`; `FREE` ends the subscription.
    target_tier: String,
}

/// When it will be so.
#[derive(Serialize, JsonSchema)]
pub struct Downgrading {
    /// When what is paid for ends, RFC 3339, UTC.
    effective_at: String,
}

/// What there is to decide on.
struct Standing {
    overseer: Overseer,
    target: Option<SubscriptionTier>,
    plan: Plan,
    /// There is a subscription that may count again.
    stands: bool,
    customer: Option<String>,
    /// A payment of the target that was begun lately.
    begun: Option<Checkout>,
}

impl Standing {
    async fn read(app: &App, caller: OverseerCaller, target: &str) -> Result<Self, Refusal> {
        let (tiers, name, now) = (app.tiers.clone(), target.to_owned(), app.clock.now());
        let read = caller.read(app, move |tx, overseer| {
            Ok(Self {
                overseer: overseer.clone(),
                target: subscription_tiers::find(tx, &name)?,
                plan: tiers.of_overseer(tx, &overseer.id, now)?,
                stands: subscriptions::running(tx, &overseer.id)? > 0,
                customer: checkouts::customer_of(tx, &overseer.id)?,
                begun: checkouts::begun(tx, &overseer.id, &name, now - SAME_PAYMENT)?,
            })
        });
        read.await
    }

    /// The tier that was asked for, and what is paid for it.
    fn target<'a>(&self, app: &'a App) -> Result<(SubscriptionTier, &'a str), Refusal> {
        let target = self.target.clone();
        let is_for_sale =
            |tier: &SubscriptionTier| app.config.paddle.prices().iter().any(|(name, _)| *name == tier.tier);
        let target = target.filter(is_for_sale);
        let target = target.ok_or_else(|| Code::InvalidField.because("`target_tier` is BASIC, PRO or PREMIUM."))?;
        let price = app.config.paddle.price_of(&target.tier).ok_or(Code::NoBilling)?;
        Ok((target, price))
    }
}

/// `POST /v1/subscriptions/upgrade`
pub async fn upgrade(
    State(app): State<App>,
    caller: OverseerCaller,
    JsonBody(body): JsonBody<Upgrade>,
) -> Result<Json<Upgrading>, Refusal> {
    Ok(Json(begin(&app, caller, &body.target_tier).await?))
}

/// Begins to pay for a larger tier, or keeps the one that there is.
pub async fn begin(app: &App, caller: OverseerCaller, target: &str) -> Result<Upgrading, Refusal> {
    let standing = Standing::read(app, caller, target).await?;
    let (target, price) = standing.target(app)?;
    let paddle = app.paddle.as_ref().ok_or(Code::NoBilling)?;
    if app.letters.are_sent() && standing.overseer.email_verified_at.is_none() {
        return Err(Code::EmailUnconfirmed.into());
    }
    if let Some(subscription) = &standing.plan.subscription {
        change(app, paddle, &standing.plan, subscription, (&target, price)).await?;
        app.settle(standing.overseer.id).await;
        return Ok(Upgrading { checkout_url: None, transaction_id: None });
    }
    // It does not count now, and may again: a second one beside it would be paid for nothing.
    if standing.stands {
        return Err(Code::SubscriptionStands.into());
    }
    // Asked again, it is the same payment: who has both would pay twice.
    if let Some(Checkout { url: Some(url), transaction_id, .. }) = standing.begun {
        return Ok(Upgrading { checkout_url: Some(url), transaction_id: Some(transaction_id) });
    }
    let overseer = standing.overseer;
    let customer = match standing.customer {
        Some(customer) => Some(customer),
        None => new_customer(paddle, &overseer).await?,
    };
    let begun = paddle.begin_payment(price, customer.as_deref(), overseer.id.as_str()).await.map_err(refused)?;
    keep(app, begun, customer, (overseer.id, target.tier)).await
}

/// Has a subscription be for the target. What is paid for already is not paid again, and when a payment fails, all is as before.
async fn change(
    app: &App,
    paddle: &Paddle,
    plan: &Plan,
    subscription: &Subscription,
    (target, price): (&SubscriptionTier, &str),
) -> Result<(), Refusal> {
    let id = &subscription.id;
    let paid = plan.price_id.as_ref().filter(|paid| **paid != subscription.price_id);
    let is_same = target.tier == plan.tier.tier;
    let ends = subscription.cancels_at.is_some();
    if target.price < plan.tier.price || is_same && paid.is_none() && !ends {
        return Err(Code::NotAnUpgrade.into());
    }
    must_be_current(app, subscription, false).await?;
    let mut said = None;
    if let Some(paid) = paid {
        said = Some(paddle.change_price(id, paid, Paid::NextPeriod).await.map_err(refused)?);
    }
    if !is_same {
        let changed = paddle.change_price(id, price, Paid::AtOnce).await;
        if changed.is_err() && paid.is_some() {
            let restored = paddle.change_price(id, &subscription.price_id, Paid::NextPeriod).await;
            tracing::warn!(id, is_restored = restored.is_ok(), "a larger tier was not paid");
        }
        said = Some(changed.map_err(refused)?);
    }
    if ends {
        said = Some(paddle.keep(id).await.map_err(refused)?);
    }
    note(app, subscription, said).await;
    Ok(())
}

/// What Paddle has answered counts at once, and not only when it is told.
async fn note(app: &App, subscription: &Subscription, said: Option<Value>) {
    let (Some(reconciler), Some(said)) = (app.reconciler(), said) else { return };
    if let Err(error) = reconciler.note(subscription, said).await {
        tracing::warn!(%error, "a change of a subscription is not noted; Paddle tells of it");
    }
}

/// `POST /v1/subscriptions/downgrade`
pub async fn downgrade(
    State(app): State<App>,
    caller: OverseerCaller,
    JsonBody(body): JsonBody<Downgrade>,
) -> Result<Json<Downgrading>, Refusal> {
    Ok(Json(Downgrading { effective_at: rfc3339(reduce(&app, caller, &body.target_tier).await?) }))
}

/// Has a smaller tier, or nothing, be paid for from the next period on; when that begins, Unix seconds.
pub async fn reduce(app: &App, caller: OverseerCaller, target: &str) -> Result<i64, Refusal> {
    let standing = Standing::read(app, caller, target).await?;
    let smaller = if target == UNPAID { None } else { Some(standing.target(app)?) };
    let paddle = app.paddle.as_ref().ok_or(Code::NoBilling)?;
    let plan = standing.plan;
    let no_subscription = || Code::NothingPaid.because("No subscription of yours counts now. There is nothing to do.");
    let subscription = plan.subscription.as_ref().ok_or_else(no_subscription)?;
    if smaller.as_ref().is_some_and(|(target, _)| target.price >= plan.tier.price) {
        return Err(Code::NotADowngrade.into());
    }
    must_be_current(app, subscription, smaller.is_none()).await?;
    let id = &subscription.id;
    let ends = subscription.cancels_at.is_some();
    let said = match smaller {
        None if ends => None,
        None => Some(paddle.cancel(id).await.map_err(refused)?),
        Some((_, price)) => {
            let changed = paddle.change_price(id, price, Paid::NextPeriod).await.map_err(refused)?;
            Some(if ends { paddle.keep(id).await.map_err(refused)? } else { changed })
        }
    };
    note(app, subscription, said).await;
    app.settle(standing.overseer.id).await;
    Ok(plan.period_end)
}

/// Refuses to change what is not what it was thought to be: what is larger here may be smaller there. Then it is known what it is.
/// While a payment is due, Paddle takes no change but the end.
async fn must_be_current(app: &App, subscription: &Subscription, ends: bool) -> Result<(), Refusal> {
    if subscription.status == "past_due" && !ends {
        return Err(Code::SubscriptionStands.into());
    }
    let reconciler = app.reconciler().ok_or(Code::NoBilling)?;
    match reconciler.is_current(subscription).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Code::Conflict.because("The subscription was changed elsewhere. Look at it, and try again.")),
        Err(error) => {
            tracing::warn!(%error, "a subscription can not be looked up");
            Err(Code::PaddleFailed.into())
        }
    }
}

/// Whose the payment is, is on disk before anybody is sent there: what is paid without this is nobody's. Of several that were begun
/// at once one is kept.
async fn keep(
    app: &App,
    begun: Transaction,
    customer_id: Option<String>,
    (overseer_id, tier): (OverseerId, String),
) -> Result<Upgrading, Refusal> {
    let (url, now) = (address_of(&begun)?, app.clock.now());
    let checkout = Checkout { customer_id, ..Checkout::begun(begun.id, url, overseer_id, tier, now) };
    let kept = app.db.write(move |tx| -> Result<Checkout, Error> {
        overseers::lock(tx, &checkout.overseer_id)?;
        if let Some(earlier) = checkouts::begun(tx, &checkout.overseer_id, &checkout.tier, now - SAME_PAYMENT)? {
            return Ok(earlier);
        }
        checkouts::insert(tx, &checkout)?;
        Ok(checkout.clone())
    });
    let Checkout { url, transaction_id, .. } = kept.await?;
    Ok(Upgrading { checkout_url: url, transaction_id: Some(transaction_id) })
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
    let is_theirs = |data: &Value| data["overseer_id"] == id;
    let found = found.filter(|customer| {
        overseer.email_verified_at.is_some() || customer.custom_data.as_ref().is_some_and(is_theirs)
    });
    Ok(found.map(|customer| customer.id))
}
