//! `GET` and `POST /v1/oauth/logout` (OpenID Connect RP-Initiated Logout 1.0), and the page that asks.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::extract::{has_content_type, read_body};
use crate::http::pages::templates::{self, FormPost, Message};
use crate::http::pages::{Browser, BrowserCookie, Cookies, Page, PageError, PagePost, base, is_from_here, see_other};
use crate::identity::sessions;
use crate::oauth::clients::redirect_uri;
use crate::oauth::form::Form;
use crate::oauth::logout::{self, PARAMETERS, SignOut};

/// `GET` or `POST /v1/oauth/logout`: an application asks. What another site posts comes without cookies, so the browser is
/// made to post it once more from here; not by an address, for it may hold an id token.
pub async fn ask(State(app): State<App>, browser: Browser, request: Request) -> Response {
    let ask = async || {
        let is_from_elsewhere = request.method() == Method::POST && !is_from_here(request.headers(), &app);
        let form = read(request).await?;
        if is_from_elsewhere {
            let address = format!("{}/v1/oauth/logout", base(&app));
            let page = FormPost { base: base(&app), redirect_uri: &address, parameters: &carried(&form) };
            let then = form.get("post_logout_redirect_uri").map(redirect_uri::form_action);
            return Ok(Page::new(&page).with_form_action(then.unwrap_or_default()).into_response());
        }
        let sign_out = look(&app, &form, &browser).await?;
        if sign_out.must_ask {
            return Ok(question(&app, &form, &browser, sign_out.then.as_deref()));
        }
        end(&app, &browser, sign_out).await
    };
    ask().await.unwrap_or_else(|error: PageError| error.into_response(&app))
}

/// The parameters, of the address or of a form.
async fn read(request: Request) -> Result<Form, PageError> {
    if request.method() != Method::POST {
        return Ok(Form::parse(request.uri().query().unwrap_or_default().as_bytes())?);
    }
    if !has_content_type(request.headers(), "application/x-www-form-urlencoded") {
        return Err(PageError::bad_request("This is not a form."));
    }
    Ok(Form::parse(&read_body(request).await?)?)
}

/// `POST /v1/oauth/logout/confirm`: whoever is signed in has decided.
pub async fn confirm(State(app): State<App>, post: PagePost) -> Response {
    let confirm = async || {
        if post.form.get("action") != Some("sign_out") {
            return Ok(message(&app, "You are still signed in", "Nothing has changed."));
        }
        let sign_out = look(&app, &post.form, &post.browser).await?;
        end(&app, &post.browser, sign_out).await
    };
    confirm().await.unwrap_or_else(|error: PageError| error.into_response(&app))
}

async fn look(app: &App, form: &Form, browser: &Browser) -> Result<SignOut, PageError> {
    let (form, session, server) = (form.clone(), browser.session.clone(), app.authorization());
    let looked = app.db.read(move |tx| logout::look(tx, &form, session.as_ref(), &server)).await?;
    looked.map_err(|nobody| PageError::bad_request(nobody.0))
}

fn question(app: &App, form: &Form, browser: &Browser, then: Option<&str>) -> Response {
    let page = templates::SignOut {
        base: base(app),
        action: format!("{}/v1/oauth/logout/confirm", base(app)),
        form_token: browser.form_token(app).unwrap_or_default(),
        parameters: carried(form),
    };
    // The answer to the form leads there, which the policy of the page has to allow.
    Page::new(&page).with_form_action(then.map(redirect_uri::form_action).unwrap_or_default()).into_response()
}

fn carried(form: &Form) -> Vec<(&'static str, String)> {
    PARAMETERS.into_iter().filter_map(|name| Some((name, form.get(name)?.to_owned()))).collect()
}

async fn end(app: &App, browser: &Browser, sign_out: SignOut) -> Result<Response, PageError> {
    if let Some(session) = browser.session.clone() {
        let now = app.clock.now();
        app.db.write(move |tx| sessions::end_in_browser(tx, &session, now)).await?;
    }
    let mut cookies = Cookies::default();
    cookies.remove(app, BrowserCookie::Session);
    Ok(match sign_out.then {
        Some(address) => see_other(&address, cookies),
        None => {
            let mut page = message(app, "You are signed out", "You can close this page.");
            cookies.put(page.headers_mut());
            page
        }
    })
}

fn message(app: &App, title: &str, message: &str) -> Response {
    Page::new(&Message { base: base(app), title, message, retry_after: None }).into_response()
}
