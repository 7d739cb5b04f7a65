//! `/sign-in`: an overseer signs in, and goes on where they wanted to go.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::shell::{Section, Shell};
use super::visitor::{Visitor, VisitorPost, refused};
use crate::app::App;
use crate::http::api::overseers::account::check_password;
use crate::http::pages::{Browser, BrowserCookie, Cookies, Page, PageError, base, see_other};
use crate::identity::overseers;
use crate::refusal::{Code, Refusal};
use crate::secret::{Password, PlainToken};

/// The page.
#[derive(Template)]
#[template(path = "dashboard/sign_in.html")]
struct SignIn<'a> {
    shell: Shell<'a>,
    email: &'a str,
    next: &'a str,
}

/// `GET /sign-in`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let (browser, cookies) = known(&app, visitor.browser.clone());
    let shell = Shell::new(&app, &browser, Section::Outside, None).with_notice(visitor.query.as_deref());
    let next = visitor.parameter("next").unwrap_or_default();
    let mut answer = Page::new(&SignIn { shell, email: "", next: &next }).into_response();
    cookies.put(answer.headers_mut());
    answer
}

/// `POST /sign-in`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    let (next, email) = (post.field("next"), post.field("email"));
    match sign_in(&app, &post, email).await {
        Ok(session) => signed_in(&app, &session, next),
        Err(refusal) if is_for_the_person(&refusal) => {
            let shell = Shell::new(&app, &post.visitor.browser, Section::Outside, None);
            let shell = shell.with_problem(Some(&refusal));
            refused(&SignIn { shell, email, next }, &refusal)
        }
        Err(refusal) => PageError::from(refusal).into_response(&app),
    }
}

async fn sign_in(app: &App, post: &VisitorPost, email: &str) -> Result<Arc<PlainToken>, Refusal> {
    let password = Password::new(post.field("password").to_owned());
    let (id, hash) = check_password(app, post.caller, &post.from, email, password).await?;
    let session = Arc::new(PlainToken::generate(app.random));
    let (new, earlier, from) = (Arc::clone(&session), post.visitor.browser.session.clone(), post.from.clone());
    app.db.write(move |tx| overseers::sign_in(tx, (&id, &hash), &new, earlier.as_ref(), &from)).await?;
    Ok(session)
}

/// What the page can say itself.
pub fn is_for_the_person(refusal: &Refusal) -> bool {
    refusal.code.status() < 500 && refusal.code != Code::NotAuthenticated
}

/// The browser, told from others from now on: a form is made for one browser.
pub fn known(app: &App, mut browser: Browser) -> (Browser, Cookies) {
    let mut cookies = Cookies::default();
    if browser.id.is_none() {
        let token = PlainToken::generate(app.random);
        cookies.set(app, BrowserCookie::Browser, &token);
        browser.id = Some(token.hash());
    }
    (browser, cookies)
}

/// Sends the browser, with its session, where it wanted to go.
pub fn signed_in(app: &App, session: &PlainToken, next: &str) -> Response {
    let mut cookies = Cookies::default();
    cookies.set(app, BrowserCookie::Session, session);
    let path = if is_own_page(app, next) { next } else { "/agents" };
    see_other(&format!("{}{path}", base(app)), cookies)
}

/// Whether it is a page of this server, so that nobody is sent elsewhere by a link to the sign-in (CWE-601). Browsers read
/// `//host` and `/\\host` as another host.
fn is_own_page(app: &App, next: &str) -> bool {
    let Ok(issuer) = Url::parse(&app.issuer) else { return false };
    let is_plain = next.chars().all(|character| character.is_ascii_alphanumeric() || "/-_?=&".contains(character));
    let target = issuer.join(next);
    next.starts_with('/') && is_plain && target.is_ok_and(|target| target.origin() == issuer.origin())
}
