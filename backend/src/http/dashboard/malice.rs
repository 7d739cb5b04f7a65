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
use crate::db::schema::{oversights, subscription_tiers};
use crate::http::api::malice;
use crate::http::api::view::AgentPath;
use crate::http::extract::At;
use crate::http::pages::{Cookies, Page, PageError, base, see_other};
use crate::id::{AgentId, ChallengeId};
use crate::oversight::claims;
use crate::oversight::shadow_claims::{self, Standing, Status};
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
    /// Nothing is begun.
    Begin,
    /// The agent has to agree.
    Agree(Agreement),
    /// It is to be paid; where, once that was asked for.
    Pay { claim: String, until: Moment, address: Option<String> },
    /// It is paid; until when, unless that is over.
    Paid(Option<Moment>),
    /// It was paid, and is given back.
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
    Begun(ChallengeId),
    Cancelled,
    Pay(ChallengeId, String),
}

/// `GET /malice/{agent_id}`
pub async fn page(State(app): State<App>, At(AgentPath { agent_id }): At<AgentPath>, visitor: Visitor) -> Response {
    let claim = visitor.parameter("claim").and_then(|id| ChallengeId::parse(&id));
    visitor.answer(&app, async |visitor| show(&app, visitor, &agent_id, claim, None, None).await).await
}

/// `POST /malice/{agent_id}`
pub async fn act(State(app): State<App>, At(AgentPath { agent_id }): At<AgentPath>, post: VisitorPost) -> Response {
    let visitor = &post.visitor;
    let claim = ChallengeId::parse(post.field("claim"));
    let act = async |visitor: &Visitor| match apply(&app, &agent_id, &post).await {
        Ok(Outcome::Begun(id)) => {
            Ok(see_other(&format!("{}/malice/{agent_id}?claim={id}", base(&app)), Cookies::default()))
        }
        Ok(Outcome::Cancelled) => show(&app, visitor, &agent_id, None, Some(Step::Cancelled), None).await,
        Ok(Outcome::Pay(id, address)) => {
            let (read, now) = (id.clone(), app.clock.now());
            let standing = app.db.read(move |tx| shadow_claims::standing(tx, &read, now)).await?;
            let until = Moment::new(standing.challenge.expires_at);
            let step = Step::Pay { claim: id.to_string(), until, address: Some(address) };
            show(&app, visitor, &agent_id, None, Some(step), None).await
        }
        Err(refusal) if is_for_the_person(&refusal) || refusal.code == Code::PaddleFailed => {
            show(&app, visitor, &agent_id, claim, None, Some(refusal)).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    visitor.answer(&app, act).await
}

async fn apply(app: &App, agent_id: &AgentId, post: &VisitorPost) -> Result<Outcome, Refusal> {
    app.rate_limits.claims.check(&post.caller)?;
    if post.field("action") == "begin" {
        let (challenge, _) = malice::begin(app, agent_id.clone()).await?;
        return Ok(Outcome::Begun(challenge.id));
    }
    let id = ChallengeId::parse(post.field("claim")).ok_or(Code::ChallengeNotFound)?;
    match post.field("action") {
        "cancel" => {
            let (cancelled, now) = (id.clone(), app.clock.now());
            let is_cancelled = app.db.write(move |tx| shadow_claims::cancel(tx, &cancelled, now)).await?;
            Ok(if is_cancelled { Outcome::Cancelled } else { Outcome::Begun(id) })
        }
        "pay" => {
            let payment = malice::pay(app, id.clone()).await?;
            Ok(Outcome::Pay(id, payment.checkout_url))
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
    let (id, now) = (agent_id.clone(), app.clock.now());
    let read = app.db.read(move |tx| {
        claims::must_be_there(tx, &id)?;
        let standing = claim.as_ref().map(|claim| shadow_claims::standing(tx, claim, now)).transpose();
        // What expired a day ago is forgotten.
        let standing = match standing {
            Err(refusal) if refusal.code == Code::ChallengeNotFound => Ok(Err(())),
            standing => standing.map(Ok),
        };
        let until = oversights::active(tx, &id)?.and_then(|oversight| oversight.ends_at);
        let tier = subscription_tiers::find(tx, tiers::SHADOW)?.ok_or(Code::Internal)?;
        Ok::<_, Refusal>((standing?, until.filter(|until| *until > now), tier))
    });
    let (standing, until, tier) = read.await?;
    let step = match (step, standing) {
        (Some(step), _) => step,
        (None, Ok(None)) => Step::Begin,
        (None, Ok(Some(standing))) if standing.agent_id == *agent_id => Step::of(app, standing, until),
        (None, Ok(Some(_)) | Err(())) => Step::Over,
    };
    let (paddle, price) = malice::offered(app)?;
    let price = app.shadow_price.of(paddle, price, now).await;
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

impl Step {
    fn of(app: &App, standing: Standing, paid_until: Option<i64>) -> Self {
        let (claim, until) = (standing.challenge.id.to_string(), Moment::new(standing.challenge.expires_at));
        match standing.status {
            Status::Initiated => {
                let address = format!("{}/v1/agents/claim/complete/{claim}", app.issuer);
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
            Status::Expired if standing.checkout.is_some_and(|paid| paid.refund_due.is_some()) => Self::GivenBack,
            Status::Expired => Self::Over,
        }
    }
}
