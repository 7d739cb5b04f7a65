//! `GET` and `POST /v1/oauth/logout` (OpenID Connect RP-Initiated Logout 1.0), and the page that asks.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::db::schema::sessions;
use crate::http::extract::{has_content_type, read_body};
use crate::http::pages::templates::{self, Message};
use crate::http::pages::{Browser, BrowserCookie, Cookies, Page, PageError, PagePost, base, see_other};
use crate::oauth::form::Form;
use crate::oauth::logout::{self, PARAMETERS, SignOut};

/// `GET` or `POST /v1/oauth/logout`: an application asks. A posted request is sent on by GET, for to what another site
/// posts, browsers add no cookies.
pub async fn ask(State(app): State<App>, browser: Browser, request: Request) -> Response {
    let ask = async || {
        if request.method() == Method::POST {
            return Ok(see_other(&format!("?{}", posted(request).await?), Cookies::default()));
        }
        let form = Form::parse(request.uri().query().unwrap_or_default().as_bytes())?;
        let sign_out = look(&app, &form, &browser).await?;
        if sign_out.must_ask {
            return Ok(question(&app, &form, &browser));
        }
        end(&app, &browser, sign_out).await
    };
    ask().await.unwrap_or_else(|error: PageError| error.into_response(&app))
}

/// The form that was posted, as it stands in an address.
async fn posted(request: Request) -> Result<String, PageError> {
    let is_form = has_content_type(request.headers(), "application/x-www-form-urlencoded");
    let body = read_body(request).await?;
    let text = String::from_utf8(body.to_vec()).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    text.filter(|_| is_form).ok_or_else(|| PageError::bad_request("This is not a form."))
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

fn question(app: &App, form: &Form, browser: &Browser) -> Response {
    let carried = PARAMETERS.into_iter().filter_map(|name| Some((name, form.get(name)?.to_owned())));
    let page = templates::SignOut {
        base: base(app),
        action: format!("{}/v1/oauth/logout/confirm", base(app)),
        form_token: browser.form_token(app).unwrap_or_default(),
        parameters: carried.collect(),
    };
    Page::new(&page).into_response()
}

async fn end(app: &App, browser: &Browser, sign_out: SignOut) -> Result<Response, PageError> {
    if let Some(session) = browser.session.clone() {
        app.db.write(move |tx| sessions::delete_of_browser(tx, session.as_str())).await?;
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
    Page::new(&Message { base: base(app), title, message }).into_response()
}
