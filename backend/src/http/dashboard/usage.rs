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
use crate::db::schema::subscriptions::{self as subscriptions_table, Subscription};
use crate::http::api::{subscription_changes, subscriptions};
use crate::http::pages::{Page, PageError};
use crate::oversight::usage::{self, Usage};
use crate::refusal::{Code, Refusal};
use crate::settlement::{self, Outlook};

/// How many of those that go are shown.
const SHOWN: usize = 20;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/usage.html")]
struct UsagePage<'a> {
    shell: Shell<'a>,
    usage: Usage,
    until: Moment,
    cancels: Option<Moment>,
    /// The tier from the next period on, where it is another.
    next: Option<&'static str>,
    /// What goes then, or because there is too much already.
    going: Option<Going>,
    /// Larger tiers that can be paid for.
    larger: Vec<Offer>,
    /// Smaller tiers that can be chosen.
    smaller: Vec<Offer>,
    /// Paddle takes changes: there is a subscription, and no payment is due.
    may_change: bool,
    /// There are more subscriptions than the one that counts.
    pays_twice: bool,
    has_paid: bool,
    /// What came of a form.
    outcome: Option<Outcome>,
}

/// What goes, and when.
struct Going {
    at: Moment,
    /// The first of them: what each is, where its page is, and its id.
    first: Vec<(&'static str, &'static str, String)>,
    /// How many more there are.
    more: usize,
}

/// A tier in words.
struct Offer {
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
    /// It will be when the period ends.
    WillChange,
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
            let begun = subscription_changes::begin(app, caller, post.field("tier")).await?;
            Ok(begun.checkout_url.map_or(Outcome::Changed, Outcome::Pay))
        }
        "downgrade" => {
            subscription_changes::reduce(app, caller, post.field("tier")).await?;
            Ok(Outcome::WillChange)
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
        let has_paid = checkouts::customer_of(tx, &overseer.id)?.is_some();
        let is_paid =
            |paid: &Subscription| !matches!(paid.status.as_str(), "paused" | "canceled") && paid.cancels_at.is_none();
        let running = subscriptions_table::of_overseer(tx, &overseer.id)?.iter().filter(|paid| is_paid(paid)).count();
        let outlook = settlement::outlook(tx, overseer.clone(), &tiers, now)?;
        Ok((usage::of(tx, &overseer.id, &tiers, now)?, subscription_tiers::shown(tx)?, has_paid, running, outlook))
    });
    let (overseer, (usage, tiers, has_paid, running, outlook)) = read.await?;
    let price = usage.plan.tier.price;
    let can_pay = app.paddle.is_some();
    let offers = |is_wanted: &dyn Fn(&SubscriptionTier) -> bool| -> Vec<Offer> {
        let for_sale = |tier: &&SubscriptionTier| can_pay && app.config.paddle.price_of(&tier.tier).is_some();
        tiers.iter().filter(for_sale).filter(|tier| is_wanted(tier)).cloned().map(Offer::from).collect()
    };
    let subscription = usage.plan.subscription.as_ref();
    let ends = subscription.is_some_and(|paid| paid.cancels_at.is_some());
    let may_change = subscription.is_some_and(|paid| paid.status != "past_due");
    let next = app.tiers.next(&usage.plan);
    let page = Page::new(&UsagePage {
        shell: visitor.shell(app, Section::Usage, &overseer).with_problem(refusal.as_ref()),
        until: Moment::new(usage.plan.period_end),
        cancels: subscription.and_then(|subscription| subscription.cancels_at).map(Moment::new),
        going: outlook.map(Going::from),
        larger: offers(&|tier| tier.price > price && (subscription.is_none() || may_change)),
        smaller: offers(&|tier| tier.price < price && may_change && (ends || next != Some(tier.tier.as_str()))),
        may_change,
        has_paid: has_paid && can_pay,
        pays_twice: running > 1,
        next,
        outcome,
        usage,
    });
    Ok(refusal.iter().fold(page, Page::refused).into_response())
}

impl From<Outlook> for Going {
    fn from(outlook: Outlook) -> Self {
        let agents = outlook.agents.iter().map(|id| ("agent", "agents", id.to_string()));
        let clients = outlook.clients.iter().map(|id| ("application", "clients", id.to_string()));
        let mut first: Vec<_> = agents.chain(clients).collect();
        let more = first.len().saturating_sub(SHOWN);
        first.truncate(SHOWN);
        Self { at: Moment::new(outlook.at), first, more }
    }
}

/// A tier's limit.
pub fn in_words(number: i64) -> String {
    if number < 0 { "no limit".to_owned() } else { number.to_string() }
}

impl From<SubscriptionTier> for Offer {
    fn from(tier: SubscriptionTier) -> Self {
        Self {
            limits: [tier.max_agents, tier.max_clients, tier.max_oauth_per_period].map(in_words),
            price: format!("{}.{:02}", tier.price / 100, tier.price % 100),
            tier: tier.tier,
        }
    }
}
