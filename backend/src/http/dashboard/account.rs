//! `/account`: one's own name, password and sessions, and the end of the account.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::moment::Moment;
use super::notice::Notice;
use super::shell::{Section, Shell};
use super::sign_in::is_for_the_person;
use super::visitor::{Visitor, VisitorPost, done};
use crate::app::App;
use crate::db::schema::overseers as rows;
use crate::db::schema::overseers::Overseer;
use crate::db::schema::sessions::Session;
use crate::http::api::overseers::email;
use crate::http::pages::{BrowserCookie, Cookies, Page, PageError, base, see_other};
use crate::identity::fields::Name;
use crate::identity::{accounts, common_passwords};
use crate::refusal::{Code, Refusal};
use crate::secret::Password;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/account.html")]
struct Account<'a> {
    shell: Shell<'a>,
    overseer: Overseer,
    since: Moment,
    sessions: Vec<Line>,
    sends_mail: bool,
}

/// Where one is signed in.
struct Line {
    session: Session,
    is_this: bool,
    since: Moment,
    until: Moment,
}

/// `GET /account`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(&app, async |visitor| show(&app, visitor, None).await).await
}

/// `POST /account`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    let act = async |visitor: &Visitor| match apply(&app, &post).await {
        Ok(Notice::AccountDeleted) => {
            let mut cookies = Cookies::default();
            cookies.remove(&app, BrowserCookie::Session);
            Ok(see_other(&format!("{}/sign-in?done={}", base(&app), Notice::AccountDeleted.word()), cookies))
        }
        Ok(notice) => Ok(done(&app, "/account", notice)),
        Err(refusal) if is_for_the_person(&refusal) => show(&app, visitor, Some(refusal)).await,
        Err(refusal) => Err(refusal.into()),
    };
    post.visitor.answer(&app, act).await
}

async fn show(app: &App, visitor: &Visitor, refusal: Option<Refusal>) -> Result<Response, PageError> {
    let now = app.clock.now();
    let read = visitor.read(app, move |tx, overseer| accounts::live_sessions(tx, overseer, now));
    let (overseer, sessions) = read.await?;
    let line = |session: Session| Line {
        is_this: accounts::is_shown(&session, visitor.browser.session.as_ref()),
        since: Moment::new(session.created_at),
        until: Moment::new(session.expires_at),
        session,
    };
    let page = Page::new(&Account {
        shell: visitor.shell(app, Section::Account, &overseer).with_problem(refusal.as_ref()),
        since: Moment::new(overseer.created_at),
        sends_mail: app.letters.are_sent(),
        sessions: sessions.into_iter().map(line).collect(),
        overseer,
    });
    Ok(refusal.iter().fold(page, Page::refused).into_response())
}

async fn apply(app: &App, post: &VisitorPost) -> Result<Notice, Refusal> {
    let (visitor, from, now) = (&post.visitor, post.from.clone(), app.clock.now());
    match post.field("action") {
        "rename" => {
            let name = Name::parse(post.field("name"))?.into_string();
            visitor.write(app, move |tx, overseer| Ok(rows::rename(tx, &overseer.id, &name, now)?)).await?;
            Ok(Notice::Changed)
        }
        "password" => {
            let new = Password::new(post.field("new_password").to_owned());
            common_passwords::check(&new)?;
            let confirmed = post.confirm(app).await?;
            let (hash, kept, letters) = (app.passwords.hash(new).await?, visitor.credential()?, app.letters);
            let change = visitor.write(app, move |tx, overseer| {
                accounts::change_password(tx, overseer, (&confirmed, &hash), &kept, letters, &from)
            });
            change.await?;
            Ok(Notice::PasswordChanged)
        }
        "email" => {
            let confirmed = post.confirm(app).await?;
            let is_changed = email::change(app, visitor.caller()?, confirmed, post.field("email"), from).await?;
            Ok(if is_changed { Notice::EmailChanged } else { Notice::EmailSent })
        }
        "confirm-email" => {
            email::send_link(app, visitor.caller()?, from).await?;
            Ok(Notice::EmailSent)
        }
        "end" => {
            let session = post.field("session").to_owned();
            visitor.write(app, move |tx, overseer| accounts::end_session(tx, overseer, &session, &from)).await?;
            Ok(Notice::SessionEnded)
        }
        "delete" => {
            let (confirmed, is_paying) = (post.confirm(app).await?, app.paddle.is_some());
            let delete = visitor.write(app, move |tx, overseer| {
                confirmed.then(overseer, || accounts::delete(tx, overseer, is_paying, &from))
            });
            delete.await?;
            Ok(Notice::AccountDeleted)
        }
        _ => Err(Code::InvalidField.because("The form does not say what to do.")),
    }
}
