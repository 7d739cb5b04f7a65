//! `/claim`: asking to answer for an agent.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::shell::{Section, Shell};
use super::sign_in::is_for_the_person;
use super::visitor::{Visitor, VisitorPost, refused};
use crate::app::App;
use crate::crypto::key_input::KeyInput;
use crate::http::pages::{Cookies, Page, PageError, base, see_other};
use crate::id::{AgentId, ChallengeId};
use crate::oversight::claims::{self, Whom};
use crate::refusal::{Code, Refusal};

/// The page.
#[derive(Template)]
#[template(path = "dashboard/claim.html")]
struct Claim<'a> {
    shell: Shell<'a>,
    agent: &'a str,
}

/// `GET /claim`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(&app, async |visitor| Ok(Page::new(&form(&app, visitor, "").await?).into_response())).await
}

/// `POST /claim`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    let named = post.field("agent").trim();
    let act = async |visitor: &Visitor| match initiate(&app, &post, named).await {
        Ok(id) => Ok(see_other(&format!("{}/claim/{id}", base(&app)), Cookies::default())),
        Err(refusal) if is_for_the_person(&refusal) => {
            let page = form(&app, visitor, named).await?;
            let shell = page.shell.with_problem(Some(&refusal));
            Ok(refused(&Claim { shell, ..page }, &refusal))
        }
        Err(refusal) => Err(refusal.into()),
    };
    post.visitor.answer(&app, act).await
}

async fn form<'a>(app: &'a App, visitor: &Visitor, agent: &'a str) -> Result<Claim<'a>, PageError> {
    let (overseer, ()) = visitor.read(app, |_, _| Ok(())).await?;
    Ok(Claim { shell: visitor.shell(app, Section::Claim, &overseer), agent })
}

async fn initiate(app: &App, post: &VisitorPost, named: &str) -> Result<ChallengeId, Refusal> {
    app.rate_limits.claims.check(&post.caller)?;
    let (server, from) = (app.claims(), post.from.clone());
    let whom = match (AgentId::parse(&named.to_lowercase()), KeyInput::of_text(named).key()) {
        (Some(id), _) => Whom::Id(id),
        (None, Ok(key)) => Whom::Key(key),
        (None, Err(_)) => return Err(Code::InvalidField.because("This is neither an agent's id nor a public key.")),
    };
    let initiate =
        post.visitor.write(app, move |tx, overseer| Ok(claims::initiate(tx, &overseer.id, &whom, &server, &from)?.id));
    initiate.await
}
