//! Whoever looks at the dashboard: an overseer, by the browser's cookie. Anybody else is asked to sign in.

use std::convert::Infallible;
use std::net::IpAddr;

use aide::OperationInput;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::notice::Notice;
use super::shell::{Section, Shell};
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::overseers::Overseer;
use crate::http::api::overseers::account::confirm;
use crate::http::extract::{ClientAddress, OverseerCaller};
use crate::http::pages::{Browser, Cookies, Page, PageError, PagePost, base, see_other};
use crate::identity::accounts::Confirmed;
use crate::identity::credentials::Credential;
use crate::identity::security_log::CalledFrom;
use crate::oauth::form::Form;
use crate::refusal::{Code, Refusal};
use crate::secret::Password;

/// A browser at a page of the dashboard.
pub struct Visitor {
    /// By its cookies.
    pub browser: Browser,
    /// The page's path, without the issuer's.
    pub path: String,
    /// What the address says beside it.
    pub query: Option<String>,
}

/// A form that was sent from a page of the dashboard.
pub struct VisitorPost {
    /// By whom.
    pub visitor: Visitor,
    /// What was filled in.
    pub form: Form,
    /// From where, as far as it counts for limits.
    pub caller: IpAddr,
    /// From where, for the security log.
    pub from: CalledFrom,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let browser = Browser::of(&parts.headers, app);
        Ok(Self { browser, path: parts.uri.path().to_owned(), query: parts.uri.query().map(str::to_owned) })
    }
}

impl FromRequest<App> for VisitorPost {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(ClientAddress(caller)) = ClientAddress::from_request_parts(&mut parts, app).await;
        let Ok(from) = CalledFrom::from_request_parts(&mut parts, app).await;
        let path = parts.uri.path().to_owned();
        let PagePost { form, browser } = PagePost::from_request(Request::from_parts(parts, body), app).await?;
        Ok(Self { visitor: Visitor { browser, path, query: None }, form, caller, from })
    }
}

impl Visitor {
    /// The page, or what is said instead. Whoever is not signed in signs in first and comes back.
    pub async fn answer(&self, app: &App, work: impl AsyncFnOnce(&Self) -> Result<Response, PageError>) -> Response {
        match work(self).await {
            Ok(answer) => answer,
            Err(error) if error.needs_sign_in() => {
                let next =
                    form_urlencoded::Serializer::new(String::new()).append_pair("next", &self.address()).finish();
                see_other(&format!("{}/sign-in?{next}", base(app)), Cookies::default())
            }
            Err(error) => error.into_response(app),
        }
    }

    /// The page's path and what the address says beside it, but for what was done before.
    fn address(&self) -> String {
        let pairs = form_urlencoded::parse(self.query.as_deref().unwrap_or_default().as_bytes());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.filter(|(name, _)| name != "done"));
        let query = query.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    /// What looks only; who looks, and what they see.
    pub async fn read<T: Send + 'static>(
        &self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Overseer) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<(Overseer, T), Refusal> {
        self.caller()?.read(app, move |tx, overseer| Ok((overseer.clone(), action(tx, overseer)?))).await
    }

    /// What changes something.
    pub async fn write<T: Send + 'static>(
        &self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Overseer) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.caller()?.write(app, action).await
    }

    /// The browser's session, as a credential.
    pub fn credential(&self) -> Result<Credential, Refusal> {
        Ok(self.caller()?.credential())
    }

    /// The browser's session, as whoever calls the API.
    pub fn caller(&self) -> Result<OverseerCaller, Refusal> {
        let session = self.browser.session.clone().ok_or(Code::NotAuthenticated)?;
        Ok(OverseerCaller::in_browser(session))
    }

    /// What is around the page.
    pub fn shell<'a>(&self, app: &'a App, section: Section, overseer: &Overseer) -> Shell<'a> {
        let shell = Shell::new(app, &self.browser, section, Some(overseer.name.clone()));
        let is_unconfirmed = app.letters.are_sent() && overseer.email_verified_at.is_none();
        Shell { is_unconfirmed, ..shell.with_notice(self.query.as_deref()) }
    }

    /// What the address says, such as where a list goes on.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(other, value)| other == name && !value.is_empty()).map(|(_, value)| value.into_owned())
    }
}

impl VisitorPost {
    /// A field, empty when it is left out.
    pub fn field(&self, name: &'static str) -> &str {
        self.form.get(name).unwrap_or_default()
    }

    /// What can do harm asks for the password once more: whoever sits down at a browser that somebody has left does not have
    /// it.
    pub async fn confirm(&self, app: &App) -> Result<Confirmed, Refusal> {
        confirm(app, self.caller, self.visitor.caller()?, Password::new(self.field("password").to_owned())).await
    }
}

/// Back to a page, which says what was done.
pub fn done(app: &App, path: &str, notice: Notice) -> Response {
    see_other(&format!("{}{path}?done={}", base(app), notice.word()), Cookies::default())
}

/// The page again, with the status of the refusal that it shows.
pub fn refused(page: &impl askama::Template, refusal: &Refusal) -> Response {
    Page::new(page).refused(refusal).into_response()
}

impl OperationInput for Visitor {}
