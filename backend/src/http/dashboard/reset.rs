//! `/reset`: somebody who has forgotten their password chooses another by a link.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::notice::Notice;
use super::shell::{Section, Shell};
use super::sign_in::{is_for_the_person, known};
use super::visitor::{Visitor, VisitorPost, done, refused};
use crate::app::App;
use crate::http::api::overseers::password::reset;
use crate::http::pages::{Page, PageError};
use crate::secret::Password;

/// The form for a new password.
#[derive(Template)]
#[template(path = "dashboard/reset.html")]
struct Reset<'a> {
    shell: Shell<'a>,
    token: &'a str,
}

/// `GET /reset`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let (browser, cookies) = known(&app, visitor.browser.clone());
    let shell = Shell::new(&app, &browser, Section::Outside, None);
    let token = visitor.parameter("token").unwrap_or_default();
    let mut answer = Page::new(&Reset { shell, token: &token }).into_response();
    cookies.put(answer.headers_mut());
    answer
}

/// `POST /reset`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    let token = post.field("token");
    let password = Password::new(post.field("new_password").to_owned());
    match reset(&app, post.caller, token, password, &post.from).await {
        Ok(()) => done(&app, "/sign-in", Notice::PasswordReset),
        Err(refusal) if is_for_the_person(&refusal) => {
            let shell = Shell::new(&app, &post.visitor.browser, Section::Outside, None);
            refused(&Reset { shell: shell.with_problem(Some(&refusal)), token }, &refusal)
        }
        Err(refusal) => PageError::from(refusal).into_response(&app),
    }
}
