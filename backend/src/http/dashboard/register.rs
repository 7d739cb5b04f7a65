//! `/register`: an overseer's account comes to be.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::shell::{Section, Shell};
use super::sign_in::{is_for_the_person, known, signed_in};
use super::visitor::{Visitor, VisitorPost, refused};
use crate::app::App;
use crate::db::Tx;
use crate::http::api::overseers::account;
use crate::http::pages::{Page, PageError};
use crate::identity::overseers;
use crate::refusal::Refusal;
use crate::secret::{Password, PlainToken};

/// The page.
#[derive(Template)]
#[template(path = "dashboard/register.html")]
struct Register<'a> {
    shell: Shell<'a>,
    name: &'a str,
    email: &'a str,
}

/// `GET /register`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let (browser, cookies) = known(&app, visitor.browser.clone());
    let shell = Shell::new(&app, &browser, Section::Outside, None);
    let mut answer = Page::new(&Register { shell, name: "", email: "" }).into_response();
    cookies.put(answer.headers_mut());
    answer
}

/// `POST /register`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    match register(&app, &post).await {
        Ok(session) => signed_in(&app, &session, "/agents"),
        Err(refusal) if is_for_the_person(&refusal) => {
            let shell = Shell::new(&app, &post.visitor.browser, Section::Outside, None);
            let shell = shell.with_problem(Some(&refusal));
            refused(&Register { shell, name: post.field("name"), email: post.field("email") }, &refusal)
        }
        Err(refusal) => PageError::from(refusal).into_response(&app),
    }
}

async fn register(app: &App, post: &VisitorPost) -> Result<Arc<PlainToken>, Refusal> {
    let password = Password::new(post.field("password").to_owned());
    let overseer = account::new_overseer(app, post.caller, post.field("name"), post.field("email"), password).await?;
    let session = Arc::new(PlainToken::generate(app.random));
    let (new, earlier, from) = (Arc::clone(&session), post.visitor.browser.session.clone(), post.from.clone());
    let letters = app.letters;
    let store =
        move |tx: &mut Tx<'_>| overseers::register_in_browser(tx, &overseer, &new, earlier.as_ref(), letters, &from);
    app.db.write(store).await?;
    Ok(session)
}
