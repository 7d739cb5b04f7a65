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
use crate::http::api::overseers::account::check_password;
use crate::http::extract::OverseerCaller;
use crate::http::pages::{Browser, Cookies, Page, PageError, PagePost, base, see_other};
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
}

/// That the password was given once more: its hash, which may change before it counts.
pub struct Confirmed(String);

impl Confirmed {
    /// Does what was confirmed, if the password is still the overseer's.
    pub fn then<T>(&self, overseer: &Overseer, action: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
        if overseer.password_hash.as_ref() != Some(&self.0) {
            return Err(Code::WrongCredentials.into());
        }
        action()
    }
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
        let path = request.uri().path().to_owned();
        let PagePost { form, browser } = PagePost::from_request(request, app).await?;
        Ok(Self { visitor: Visitor { browser, path, query: None }, form })
    }
}

impl Visitor {
    /// The page, or what is said instead. Whoever is not signed in signs in first and comes back.
    pub async fn answer(self, app: &App, work: impl AsyncFnOnce(&Self) -> Result<Response, PageError>) -> Response {
        match work(&self).await {
            Ok(answer) => answer,
            Err(error) if error.needs_sign_in() => {
                let next = form_urlencoded::Serializer::new(String::new()).append_pair("next", &self.path).finish();
                see_other(&format!("{}/sign-in?{next}", base(app)), Cookies::default())
            }
            Err(error) => error.into_response(app),
        }
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

    /// What can do harm asks for the password once more: whoever sits down at a browser that somebody has left does not have
    /// it.
    pub async fn confirm(&self, app: &App, caller: IpAddr, form: &Form) -> Result<Confirmed, Refusal> {
        let (overseer, ()) = self.read(app, |_, _| Ok(())).await?;
        let password = Password::new(form.get("password").unwrap_or_default().to_owned());
        let email = overseer.email.unwrap_or_default();
        let checked = check_password(app, caller, &email, password).await;
        let (_, hash) = checked.map_err(|refusal| {
            let is_wrong = refusal.code == Code::WrongCredentials;
            if is_wrong { refusal.code.because("The password is wrong. Nothing was done.") } else { refusal }
        })?;
        Ok(Confirmed(hash))
    }

    fn caller(&self) -> Result<OverseerCaller, Refusal> {
        let session = self.browser.session.clone().ok_or(Code::NotAuthenticated)?;
        Ok(OverseerCaller::in_browser(session))
    }

    /// What is around the page.
    pub fn shell<'a>(&self, app: &'a App, section: Section, overseer: &Overseer) -> Shell<'a> {
        let shell = Shell::new(app, &self.browser, section, Some(overseer.name.clone()));
        shell.with_notice(self.query.as_deref())
    }

    /// A number in the address, such as where a list goes on.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(other, value)| other == name && !value.is_empty()).map(|(_, value)| value.into_owned())
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
impl OperationInput for VisitorPost {}
