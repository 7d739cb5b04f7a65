//! `POST /sign-out`

use axum::extract::State;
use axum::response::Response;

use super::notice::Notice;
use super::visitor::VisitorPost;
use crate::app::App;
use crate::http::pages::{BrowserCookie, Cookies, PageError, base, see_other};
use crate::identity::sessions;

/// The session of the browser ends, and applications that it led to are told.
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    if let Some(session) = post.visitor.browser.session {
        let now = app.clock.now();
        if let Err(error) = app.db.write(move |tx| sessions::end_in_browser(tx, &session, now)).await {
            return PageError::from(error).into_response(&app);
        }
    }
    let mut cookies = Cookies::default();
    cookies.remove(&app, BrowserCookie::Session);
    see_other(&format!("{}/sign-in?done={}", base(&app), Notice::SignedOut.word()), cookies)
}
