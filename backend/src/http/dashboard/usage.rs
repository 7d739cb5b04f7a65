//! `/usage`: what one's tier allows, what of it is used, and paying for more.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::moment::Moment;
use super::shell::{Section, Shell};
use super::sign_in::is_for_the_person;
use super::visitor::{Visitor, VisitorPost};
use crate::app::App;
use crate::db::schema::checkouts;
use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::http::api::subscriptions;
use crate::http::pages::{Page, PageError};
use crate::oversight::usage::{self, Usage};
use crate::refusal::{Code, Refusal};

/// The page.
#[derive(Template)]
#[template(path = "dashboard/usage.html")]
struct UsagePage<'a> {
    shell: Shell<'a>,
    usage: Usage,
    until: Moment,
    cancels: Option<Moment>,
    /// Larger tiers that can be paid for.
    larger: Vec<Larger>,
    has_paid: bool,
    /// What came of a form.
    outcome: Option<Outcome>,
}

/// A tier in words.
struct Larger {
    tier: String,
    /// Agents, applications, and authorizations of an agent.
    limits: [String; 3],
    /// The currency is the price's at Paddle, which the payment shows.
    price: String,
}

/// What came of a form. The policy of pages lets no form lead elsewhere, so an address is one to follow.
enum Outcome {
    /// Where to pay.
    Pay(String),
    /// Where payments are seen and changed.
    Portal(String),
    /// The subscription is changed; Paddle will tell.
    Changed,
}

/// `GET /usage`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(&app, async |visitor| show(&app, visitor, None, None).await).await
}

/// `POST /usage`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    let act = async |visitor: &Visitor| match apply(&app, &post).await {
        Ok(outcome) => show(&app, visitor, Some(outcome), None).await,
        Err(refusal) if is_for_the_person(&refusal) || refusal.code == Code::PaddleFailed => {
            show(&app, visitor, None, Some(refusal)).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    post.visitor.answer(&app, act).await
}

async fn apply(app: &App, post: &VisitorPost) -> Result<Outcome, Refusal> {
    let caller = post.visitor.caller()?;
    match post.field("action") {
        "upgrade" => {
            let begun = subscriptions::begin(app, caller, post.field("tier")).await?;
            Ok(begun.checkout_url.map_or(Outcome::Changed, Outcome::Pay))
        }
        "portal" => Ok(Outcome::Portal(subscriptions::open_portal(app, caller).await?)),
        _ => Err(Code::InvalidField.because("The form does not say what to do.")),
    }
}

async fn show(
    app: &App,
    visitor: &Visitor,
    outcome: Option<Outcome>,
    refusal: Option<Refusal>,
) -> Result<Response, PageError> {
    let (tiers, now) = (app.tiers.clone(), app.clock.now());
    let read = visitor.read(app, move |tx, overseer| {
        let usage = usage::of(tx, &overseer.id, &tiers, now)?;
        Ok((usage, subscription_tiers::shown(tx)?, checkouts::customer_of(tx, &overseer.id)?.is_some()))
    });
    let (overseer, (usage, tiers, has_paid)) = read.await?;
    let is_larger = |tier: &SubscriptionTier| {
        tier.price > usage.plan.tier.price && app.config.paddle.price_of(&tier.tier).is_some() && app.paddle.is_some()
    };
    let subscription = usage.plan.subscription.as_ref();
    let page = Page::new(&UsagePage {
        shell: visitor.shell(app, Section::Usage, &overseer).with_problem(refusal.as_ref()),
        until: Moment::new(usage.plan.period_end),
        cancels: subscription.and_then(|subscription| subscription.cancels_at).map(Moment::new),
        larger: tiers.into_iter().filter(is_larger).map(Larger::from).collect(),
        has_paid: has_paid && app.paddle.is_some(),
        outcome,
        usage,
    });
    Ok(refusal.iter().fold(page, Page::refused).into_response())
}

/// A tier's limit.
pub fn in_words(number: i64) -> String {
    if number < 0 { "no limit".to_owned() } else { number.to_string() }
}

impl From<SubscriptionTier> for Larger {
    fn from(tier: SubscriptionTier) -> Self {
        Self {
            limits: [tier.max_agents, tier.max_clients, tier.max_oauth_per_period].map(in_words),
            price: format!("{}.{:02}", tier.price / 100, tier.price % 100),
            tier: tier.tier,
        }
    }
}
