//! An overseer who calls: by a session, or by the dashboard's cookie.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::caller::Caller;
use super::cookie::cookie;
use super::credential::{bearer, requirement, single};
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::overseers::Overseer;
use crate::identity::credentials::Credential;
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// An overseer, by session or cookie.
#[derive(Clone)]
pub struct OverseerCaller(Credential);

impl FromRequestParts<App> for OverseerCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let session = single(&parts.headers, &header::AUTHORIZATION)?;
        let has_other = session.is_some() || parts.headers.contains_key("dpop");
        match (session, parts.headers.contains_key("dpop"), cookie(parts, app, has_other)?) {
            (Some(session), false, None) => Ok(Self(Credential::Session(bearer(session)?))),
            (None, false, Some(cookie)) => Ok(Self(cookie)),
            (None, false, None) => Err(Code::NotAuthenticated.into()),
            (None, true, None) => {
                Err(Code::NotAuthenticated.because("An overseer has no key. Send the session of the login."))
            }
            (_, _, _) => Err(Code::TwoCredentials.into()),
        }
    }
}

impl OverseerCaller {
    /// The overseer who looks at a page.
    pub fn in_browser(session: TokenHash) -> Self {
        Self(Credential::Cookie(session))
    }

    /// Refuses the cookie: what can do harm asks for the password once more, which only the page does.
    pub fn by_more_than_a_cookie(self) -> Result<Self, Refusal> {
        if matches!(self.0, Credential::Cookie(_)) { Err(Code::PasswordRequired.into()) } else { Ok(self) }
    }

    /// What looks only. The session is extended by it when that is due.
    pub async fn read<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Overseer) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        Caller(self.0).read(app, move |tx, principal| action(tx, principal.overseer()?)).await
    }

    /// What changes something.
    pub async fn write<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Overseer) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        Caller(self.0).write(app, move |tx, principal| action(tx, principal.overseer()?)).await
    }

    /// What they showed, to end it.
    pub fn credential(&self) -> Credential {
        self.0.clone()
    }
}

impl OperationInput for OverseerCaller {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.extend(["overseerSession", "overseerCookie"].map(requirement));
    }
}
