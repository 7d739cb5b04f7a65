//! `/malice/{agent_id}`: leads a person without an account through lifting an agent's limits by a payment.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::moment::Moment;
use super::shell::{Section, Shell};
use super::sign_in::{is_for_the_person, known};
use super::usage::in_words;
use super::visitor::{Visitor, VisitorPost};
use crate::app::App;
use crate::billing::tiers;
use crate::db::Tx;
use crate::db::schema::checkouts::Checkout;
use crate::db::schema::oversights;
use crate::db::schema::subscription_tiers::{self, SubscriptionTier};
use crate::http::api::malice;
use crate::http::api::view::AgentPath;
use crate::http::extract::At;
use crate::http::pages::{Cookies, Page, PageError, base, see_other};
use crate::id::{AgentId, ChallengeId};
use crate::oversight::claims;
use crate::oversight::shadow_claims::{self, NOT_OFFERED, Standing, Status};
use crate::refusal::{Code, Refusal};

/// The page.
#[derive(Template)]
#[template(path = "dashboard/malice.html")]
struct Malice<'a> {
    shell: Shell<'a>,
    agent_id: String,
    offer: Offer,
    step: Step,
}

/// What is paid for.
struct Offer {
    /// Authorizations in a period, and clients.
    limits: [String; 2],
    /// `None` when Paddle does not say.
    price: Option<String>,
}

/// How far the person is.
enum Step {
    /// Nothing is begun. Until when somebody has paid already.
    Begin(Option<Moment>),
    /// An overseer answers for the agent: there is nothing to pay for.
    Claimed,
    /// The agent has to agree.
    Agree(Agreement),
    /// It is to be paid; where, once that was asked for.
    Pay { claim: String, until: Moment, address: Option<String> },
    /// The hour is over; what was begun may have been paid just before.
    Late { claim: String },
    /// It is paid; until when, unless that is over.
    Paid(Option<Moment>),
    /// It was paid for nothing, or is given back.
    GivenBack,
    /// It is too late, or was declined.
    Over,
    /// The person has changed their mind.
    Cancelled,
}

/// What the agent runs.
struct Agreement {
    claim: String,
    until: Moment,
    command: String,
    curl: String,
}

/// What came of a form.
enum Outcome {
    /// A claim to look at.
    See(ChallengeId),
    /// Where they are now.
    Go(Step),
}

/// `GET /malice/{agent_id}`
pub async fn page(State(app): State<App>, At(AgentPath { agent_id }): At<AgentPath>, visitor: Visitor) -> Response {
    let claim = visitor.parameter("claim").and_then(|id| ChallengeId::parse(&id));
    visitor.answer(&app, async |visitor| show(&app, visitor, &agent_id, claim, None, None).await).await
}

/// `POST /malice/{agent_id}`
pub async fn act(State(app): State<App>, At(AgentPath { agent_id }): At<AgentPath>, post: VisitorPost) -> Response {
    let claim = ChallengeId::parse(post.field("claim"));
    let act = async |visitor: &Visitor| match apply(&app, &agent_id, &post).await {
        Ok(Outcome::See(id)) => {
            Ok(see_other(&format!("{}/malice/{agent_id}?claim={id}", base(&app)), Cookies::default()))
        }
        Ok(Outcome::Go(step)) => show(&app, visitor, &agent_id, None, Some(step), None).await,
        Err(refusal) if is_for_the_person(&refusal) || refusal.code == Code::PaddleFailed => {
            show(&app, visitor, &agent_id, claim, None, Some(refusal)).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    post.visitor.answer(&app, act).await
}

async fn apply(app: &App, agent_id: &AgentId, post: &VisitorPost) -> Result<Outcome, Refusal> {
    app.rate_limits.claims.check(&post.caller)?;
    if post.field("action") == "begin" {
        let (challenge, _) = malice::begin(app, agent_id.clone()).await?;
        return Ok(Outcome::See(challenge.id));
    }
    let id = ChallengeId::parse(post.field("claim")).ok_or(Code::ChallengeNotFound)?;
    let (asked, now) = (id.clone(), app.clock.now());
    let standing = app.db.read(move |tx| shadow_claims::standing(tx, &asked, now)).await?;
    if standing.agent_id != *agent_id {
        return Err(Code::ChallengeNotFound.into());
    }
    match post.field("action") {
        "cancel" if standing.status == Status::Completed => Ok(Outcome::See(id)),
        "cancel" => {
            app.db.write(move |tx| shadow_claims::cancel(tx, &id, now)).await?;
            Ok(Outcome::Go(Step::Cancelled))
        }
        "pay" => {
            let payment = malice::pay(app, id).await?;
            let (claim, until) = (standing.id.to_string(), Moment::new(standing.expires_at));
            Ok(Outcome::Go(Step::Pay { claim, until, address: Some(payment.checkout_url) }))
        }
        _ => Err(Code::InvalidField.because("The form does not say what to do.")),
    }
}

async fn show(
    app: &App,
    visitor: &Visitor,
    agent_id: &AgentId,
    claim: Option<ChallengeId>,
    step: Option<Step>,
    refusal: Option<Refusal>,
) -> Result<Response, PageError> {
    let (paddle, price) = malice::offered(app)?;
    let (step, tier) = match step {
        Some(step) => (step, app.db.read(shadow_tier).await?),
        None => look(app, agent_id, claim).await?,
    };
    let is_offer = matches!(step, Step::Begin(_) | Step::Pay { .. });
    let price = if is_offer { app.shadow_price.shown(paddle, price, &app.clock).await } else { None };
    let (browser, cookies) = known(app, visitor.browser.clone());
    let name = visitor.read(app, |_, _| Ok(())).await.ok().map(|(overseer, ())| overseer.name);
    let page = Page::new(&Malice {
        shell: Shell::new(app, &browser, Section::Outside, name).with_problem(refusal.as_ref()),
        agent_id: agent_id.to_string(),
        offer: Offer { limits: [tier.max_oauth_per_period, tier.max_clients].map(in_words), price },
        step,
    });
    let mut answer = refusal.iter().fold(page, Page::refused).into_response();
    cookies.put(answer.headers_mut());
    Ok(answer)
}

fn shadow_tier(tx: &mut Tx<'_>) -> Result<SubscriptionTier, Refusal> {
    subscription_tiers::find(tx, tiers::SHADOW)?.ok_or_else(|| Code::Internal.into())
}

/// How far the claim is, or the agent without one.
async fn look(
    app: &App,
    agent_id: &AgentId,
    claim: Option<ChallengeId>,
) -> Result<(Step, SubscriptionTier), PageError> {
    let (agent_id, issuer, now) = (agent_id.clone(), app.issuer.clone(), app.clock.now());
    let tiers = app.tiers.clone();
    let read = app.db.read(move |tx| -> Result<_, Refusal> {
        let active = oversights::active(tx, &agent_id)?;
        let paid_until = active.as_ref().and_then(|oversight| oversight.ends_at).filter(|end| *end > now);
        let standing = claim.as_ref().map(|claim| shadow_claims::standing(tx, claim, now)).transpose();
        let step = match standing {
            Ok(Some(standing)) if standing.agent_id == agent_id => Step::of(&issuer, standing, paid_until),
            // What expired a day ago is forgotten.
            Ok(Some(_)) => Step::Over,
            Err(refusal) if refusal.code == Code::ChallengeNotFound => Step::Over,
            Err(refusal) => return Err(refusal),
            Ok(None) => {
                claims::must_be_there(tx, &agent_id)?;
                if !tiers.shadow_lifts(tx)? {
                    return Err(Code::NoBilling.because(NOT_OFFERED));
                }
                match active {
                    Some(oversight) if oversight.ends_at.is_none() => Step::Claimed,
                    Some(_) | None => Step::Begin(paid_until.map(Moment::new)),
                }
            }
        };
        Ok((step, shadow_tier(tx)?))
    });
    Ok(read.await?)
}

impl Step {
    fn of(issuer: &str, standing: Standing, paid_until: Option<i64>) -> Self {
        let (claim, until) = (standing.id.to_string(), Moment::new(standing.expires_at));
        let is_open = |paid: &Checkout| paid.completed_at.is_none();
        match standing.status {
            Status::Initiated => {
                let address = format!("{issuer}/v1/agents/claim/complete/{claim}");
                let shadow = standing.overseer_id;
                Self::Agree(Agreement {
                    command: format!("agentid agent claim {address} --overseer {shadow}"),
                    curl: format!(
                        "curl -X POST {address} -H \"Authorization: Bearer $SESSION\" \
                         -H 'Content-Type: application/json' -d '{{\"overseer_id\": \"{shadow}\"}}'"
                    ),
                    claim,
                    until,
                })
            }
            Status::AwaitingPayment => Self::Pay { claim, until, address: None },
            Status::Completed => Self::Paid(paid_until.map(Moment::new)),
            Status::Expired => match standing.checkout {
                Some(paid) if is_open(&paid) => Self::Late { claim },
                Some(_) => Self::GivenBack,
                None => Self::Over,
            },
        }
    }
}
