//! `/confirm-email`: the link of a letter that shows that an overseer reads what is sent to an address.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::notice::Notice;
use super::shell::{Section, Shell};
use super::sign_in::is_for_the_person;
use super::visitor::{Visitor, VisitorPost, done};
use crate::app::App;
use crate::http::api::overseers::email;
use crate::http::pages::{Page, PageError};
use crate::identity::email_confirmation;
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// What the link is for, and the button.
#[derive(Template)]
#[template(path = "dashboard/confirm_email.html")]
struct ConfirmEmail<'a> {
    shell: Shell<'a>,
    /// `None` when the link does not count.
    email: Option<String>,
    is_new: bool,
    token: &'a str,
}

/// `GET /confirm-email`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let token = visitor.parameter("token").unwrap_or_default();
    visitor.answer(&app, async |visitor| show(&app, visitor, &token, None).await).await
}

/// `POST /confirm-email`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    let token = post.field("token");
    let act = async |visitor: &Visitor| match follow(&app, &post, token).await {
        Ok(()) => Ok(done(&app, "/account", Notice::EmailConfirmed)),
        Err(refusal) if is_for_the_person(&refusal) => show(&app, visitor, token, Some(refusal)).await,
        Err(refusal) => Err(refusal.into()),
    };
    post.visitor.answer(&app, act).await
}

async fn follow(app: &App, post: &VisitorPost, token: &str) -> Result<(), Refusal> {
    email::follow(app, post.visitor.caller()?, token, post.from.clone()).await
}

async fn show(app: &App, visitor: &Visitor, token: &str, refusal: Option<Refusal>) -> Result<Response, PageError> {
    let (hash, now) = (PlainToken::parse(token).map(|token| token.hash()), app.clock.now());
    let read = visitor.read(app, move |tx, overseer| {
        let Some(hash) = &hash else { return Ok(Err(Code::LinkExpired.into())) };
        match email_confirmation::find(tx, overseer, hash, now) {
            Err(refusal) if refusal.code != Code::LinkExpired => Err(refusal),
            found => Ok(found),
        }
    });
    let (overseer, found) = read.await?;
    let (email, refusal) = match found {
        Ok(email) => (Some(email), refusal),
        Err(expired) => (None, Some(refusal.unwrap_or(expired))),
    };
    let page = Page::new(&ConfirmEmail {
        shell: visitor.shell(app, Section::Account, &overseer).with_problem(refusal.as_ref()),
        is_new: email != overseer.email,
        email,
        token,
    });
    Ok(refusal.iter().fold(page, Page::refused).into_response())
}
