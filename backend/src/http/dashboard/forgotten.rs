//! `/forgotten`: somebody has forgotten their password, and asks for a link.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::notice::Notice;
use super::shell::{Section, Shell};
use super::sign_in::{is_for_the_person, known};
use super::visitor::{Visitor, VisitorPost, done, refused};
use crate::app::App;
use crate::http::api::overseers::password::forgotten;
use crate::http::pages::{Page, PageError};

/// Where to ask; or whom, where no mail is sent.
#[derive(Template)]
#[template(path = "dashboard/forgotten.html")]
struct Forgotten<'a> {
    shell: Shell<'a>,
    sends_mail: bool,
    email: &'a str,
}

/// `GET /forgotten`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let (browser, cookies) = known(&app, visitor.browser.clone());
    let shell = Shell::new(&app, &browser, Section::Outside, None).with_notice(visitor.query.as_deref());
    let mut answer = Page::new(&Forgotten { shell, sends_mail: app.letters.are_sent(), email: "" }).into_response();
    cookies.put(answer.headers_mut());
    answer
}

/// `POST /forgotten`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    let email = post.field("email");
    match forgotten(&app, post.caller, email, &post.from).await {
        Ok(()) => done(&app, "/forgotten", Notice::ResetSent),
        Err(refusal) if is_for_the_person(&refusal) => {
            let shell = Shell::new(&app, &post.visitor.browser, Section::Outside, None);
            let shell = shell.with_problem(Some(&refusal));
            refused(&Forgotten { shell, sends_mail: app.letters.are_sent(), email }, &refusal)
        }
        Err(refusal) => PageError::from(refusal).into_response(&app),
    }
}
