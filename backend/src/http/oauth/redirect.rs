//! `GET /v1/oauth/authorize`: a client asks in a browser (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::interaction::{self, address};
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::interactions as rows;
use crate::http::extract::ClientAddress;
use crate::http::pages::templates::FormPost;
use crate::http::pages::{Browser, BrowserCookie, Cookies, Page, PageError, base, see_other};
use crate::identity::sessions;
use crate::oauth::authorization::Server;
use crate::oauth::authorization::interaction as waiting;
use crate::oauth::authorization::redirect::{Answer, ResponseMode};
use crate::oauth::authorization::steps::{self, Arrival, Open, Step, Visit};
use crate::oauth::clients::redirect_uri;
use crate::oauth::form::Form;
use crate::refusal::Refusal;
use crate::secret::PlainToken;

/// The longest request that is taken, in bytes: it travels in addresses.
pub const LONGEST: usize = 6 * 1024;

/// `GET /v1/oauth/authorize`
pub async fn authorize(
    State(app): State<App>,
    method: Method,
    ClientAddress(caller): ClientAddress,
    browser: Browser,
    RawQuery(query): RawQuery,
) -> Response {
    let begin = async || {
        // Looking whether there is something must not grant it.
        if method == Method::HEAD {
            return Err(PageError::new(StatusCode::METHOD_NOT_ALLOWED, "Send GET."));
        }
        let request = query.unwrap_or_default();
        if request.len() > LONGEST {
            return Err(PageError::bad_request("The request is over 6 KiB. The application should ask for less."));
        }
        let visit = Visit { session: browser.session.clone(), interaction: None };
        go_on(&app, caller, &browser, request, visit).await
    };
    begin().await.unwrap_or_else(|error: PageError| error.into_response(&app))
}

/// Goes on with a request as far as it gets without the person in front of the browser.
pub async fn go_on(
    app: &App,
    caller: IpAddr,
    browser: &Browser,
    request: String,
    visit: Visit,
) -> Result<Response, PageError> {
    let form = Arc::new(Form::parse_repeating(request.as_bytes())?);
    let (looked_at, server, visitor) = (Arc::clone(&form), app.authorization(), visit.clone());
    let arrival = app.db.read(move |tx| steps::look(tx, &looked_at, &visitor, &server)).await?;
    let open = match arrival {
        Arrival::Nowhere(nobody) => return Err(PageError::bad_request(nobody.0)),
        Arrival::Answered(answer) => return Ok(deliver(app, &answer)),
        Arrival::Open(open) => open,
    };
    if let Step::Ready(_) = open.step {
        return match grant(app, form, visit).await? {
            Some(answer) => Ok(deliver(app, &answer)),
            None => Err(PageError::bad_request(
                "Something has changed meanwhile. Go back to the application and start again.",
            )),
        };
    }
    match &visit.interaction {
        Some(waits) => interaction::show(app, browser, waits, &open, None).await,
        None => {
            app.rate_limits.interactions.check(&caller)?;
            begin(app, browser, request, open).await
        }
    }
}

/// Takes the answer to the client.
pub fn deliver(app: &App, answer: &Answer) -> Response {
    match answer.mode {
        ResponseMode::Query => see_other(&answer.address(), Cookies::default()),
        ResponseMode::FormPost => {
            let page = FormPost { base: base(app), redirect_uri: &answer.redirect_uri, parameters: &answer.parameters };
            Page::new(&page).with_form_action(redirect_uri::form_action(&answer.redirect_uri)).into_response()
        }
    }
}

/// Grants what nobody has to be asked about; `None` when somebody has, after all.
async fn grant(app: &App, form: Arc<Form>, visit: Visit) -> Result<Option<Answer>, PageError> {
    let (code, server) = (PlainToken::generate(app.random), app.authorization());
    let grant = move |tx: &mut Tx<'_>| -> Result<Option<Answer>, Refusal> {
        let open = match steps::look(tx, &form, &visit, &server)? {
            Arrival::Open(open) => open,
            Arrival::Answered(answer) => return Ok(Some(answer)),
            Arrival::Nowhere(_) => return Ok(None),
        };
        let Step::Ready(chosen) = &open.step else { return Ok(None) };
        // Of several that come at once, one gets the code.
        if let Some(waits) = &visit.interaction
            && !rows::delete(tx, &waits.id)?
        {
            return Ok(None);
        }
        extend_session(tx, &visit, &server)?;
        Ok(Some(open.grant(tx, chosen, &code, &server)?))
    };
    Ok(app.db.write(grant).await?)
}

/// A session in use goes on.
pub fn extend_session(tx: &mut Tx<'_>, visit: &Visit, server: &Server) -> Result<(), Refusal> {
    if let Some(session) = &visit.session {
        sessions::extend_in_browser(tx, session, server.clock.now())?;
    }
    Ok(())
}

/// Lets the request wait, in a browser that is told from others from now on.
async fn begin(app: &App, browser: &Browser, request: String, open: Box<Open>) -> Result<Response, PageError> {
    let mut cookies = Cookies::default();
    let id = browser.id.clone().unwrap_or_else(|| {
        let token = PlainToken::generate(app.random);
        cookies.set(app, BrowserCookie::Browser, &token);
        token.hash()
    });
    let server = app.authorization();
    let begin = move |tx: &mut Tx<'_>| waiting::begin(tx, &request, &id, &open, &server);
    let interaction = app.db.write(begin).await?;
    Ok(see_other(&address(app, &interaction), cookies))
}
