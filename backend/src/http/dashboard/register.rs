//! `/register`: an overseer's account comes to be.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::shell::{Section, Shell};
use super::sign_in::{is_for_the_person, known, signed_in};
use super::visitor::{Visitor, VisitorPost, refused};
use crate::app::App;
use crate::http::api::overseers::account;
use crate::http::extract::ClientAddress;
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
pub async fn act(State(app): State<App>, ClientAddress(caller): ClientAddress, post: VisitorPost) -> Response {
    match register(&app, &post, caller).await {
        Ok(session) => signed_in(&app, &session, "/agents"),
        Err(refusal) if is_for_the_person(&refusal) => {
            let shell = Shell::new(&app, &post.visitor.browser, Section::Outside, None);
            let shell = shell.with_problem(Some(refusal.sentence.to_string()));
            let (name, email) = (post.form.get("name"), post.form.get("email"));
            let page = Register { shell, name: name.unwrap_or_default(), email: email.unwrap_or_default() };
            refused(&page, &refusal)
        }
        Err(refusal) => PageError::from(refusal).into_response(&app),
    }
}

async fn register(app: &App, post: &VisitorPost, caller: IpAddr) -> Result<Arc<PlainToken>, Refusal> {
    let field = |name| post.form.get(name).unwrap_or_default();
    let password = Password::new(field("password").to_owned());
    let overseer = account::new_overseer(app, caller, field("name"), field("email"), password).await?;
    let session = Arc::new(PlainToken::generate(app.random));
    let (new, earlier, now) = (Arc::clone(&session), post.visitor.browser.session.clone(), app.clock.now());
    let store =
        move |tx: &mut crate::db::Tx<'_>| overseers::register_in_browser(tx, &overseer, &new, earlier.as_ref(), now);
    app.db.write(store).await?;
    Ok(session)
}
