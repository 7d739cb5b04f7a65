//! `GET /v1/oauth/authorize`: a client asks in a browser (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1).

use std::net::IpAddr;

use axum::extract::{RawQuery, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use super::incoming::resolve;
use super::interaction::{self, OVER, address};
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::interactions as rows;
use crate::http::extract::ClientAddress;
use crate::http::pages::templates::FormPost;
use crate::http::pages::{Browser, BrowserCookie, Cookies, Page, PageError, base, see_other};
use crate::identity::sessions;
use crate::oauth::authorization::Server;
use crate::oauth::authorization::interaction as waiting;
use crate::oauth::authorization::redirect::{Answer, Asked, NoRecipient, ResponseMode};
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
        must_not_be_head(&method)?;
        let request = query.unwrap_or_default();
        if request.len() > LONGEST {
            return Err(PageError::bad_request("The request is over 6 KiB. The application should ask for less."));
        }
        let visit = Visit { session: browser.session.clone(), interaction: None };
        match resolve(&app, Form::parse_repeating(request.as_bytes())?).await? {
            Ok(asked) => go_on(&app, caller, &browser, asked, visit).await,
            Err(answer) => Ok(deliver(&app, &answer)),
        }
    };
    begin().await.unwrap_or_else(|error: PageError| error.into_response(&app))
}

/// Looking whether there is something must not grant it.
pub fn must_not_be_head(method: &Method) -> Result<(), PageError> {
    if method == Method::HEAD {
        return Err(PageError::method_not_allowed("GET,POST", "Send GET."));
    }
    Ok(())
}

/// Goes on with a request as far as it gets without the person in front of the browser.
pub async fn go_on(
    app: &App,
    caller: IpAddr,
    browser: &Browser,
    asked: Asked,
    visit: Visit,
) -> Result<Response, PageError> {
    let (request, server, visitor) = (asked.clone(), app.authorization(), visit.clone());
    // Without a session nothing can be granted, so nothing is written.
    let arrival = match visit.session {
        None => app.db.read(move |tx| steps::look(tx, &request, &visitor, &server)).await?,
        Some(_) => {
            let code = PlainToken::generate(app.random);
            app.db.write(move |tx| grant_if_ready(tx, &request, &visitor, &code, &server)).await?
        }
    };
    let open = match arrival {
        Arrival::Nowhere(nobody) => return Err(PageError::bad_request(nobody.0)),
        Arrival::Answered(answer) => return Ok(deliver(app, &answer)),
        Arrival::Open(open) => open,
    };
    match &visit.interaction {
        Some(waits) => interaction::show(app, browser, waits, &open, None).await,
        None => {
            app.rate_limits.interactions.check(&caller)?;
            begin(app, browser, asked, open).await
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

/// Says what comes next; when that is nothing, the client gets its code.
fn grant_if_ready(
    tx: &mut Tx<'_>,
    asked: &Asked,
    visit: &Visit,
    code: &PlainToken,
    server: &Server,
) -> Result<Arrival, Refusal> {
    let arrival = steps::look(tx, asked, visit, server)?;
    let Arrival::Open(open) = &arrival else { return Ok(arrival) };
    let Step::Ready(chosen) = &open.step else { return Ok(arrival) };
    // Of several that come at once, one gets the code.
    if let Some(waits) = &visit.interaction
        && !rows::delete(tx, &waits.id)?
    {
        return Ok(Arrival::Nowhere(NoRecipient(OVER.into())));
    }
    extend_session(tx, visit, server)?;
    Ok(Arrival::Answered(open.grant(tx, chosen, code, server)?))
}

/// A session in use goes on.
pub fn extend_session(tx: &mut Tx<'_>, visit: &Visit, server: &Server) -> Result<(), Refusal> {
    if let Some(session) = &visit.session {
        sessions::extend_in_browser(tx, session, server.clock.now())?;
    }
    Ok(())
}

/// Lets the request wait, in a browser that is told from others from now on.
async fn begin(app: &App, browser: &Browser, asked: Asked, open: Box<Open>) -> Result<Response, PageError> {
    let mut cookies = Cookies::default();
    let id = browser.id.clone().unwrap_or_else(|| {
        let token = PlainToken::generate(app.random);
        cookies.set(app, BrowserCookie::Browser, &token);
        token.hash()
    });
    let server = app.authorization();
    let begin = move |tx: &mut Tx<'_>| waiting::begin(tx, &asked, &id, &open, &server);
    let interaction = app.db.write(begin).await?;
    Ok(see_other(&address(app, &interaction), cookies))
}
