//! An overseer who calls: by a session.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::caller::Caller;
use super::credential::{bearer, requirement, single};
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::overseers::Overseer;
use crate::identity::credentials::Credential;
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// An overseer, by session.
pub struct OverseerCaller(TokenHash);

impl FromRequestParts<App> for OverseerCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let session = single(&parts.headers, &header::AUTHORIZATION)?;
        match (session, parts.headers.contains_key("dpop")) {
            (Some(_), true) => Err(Code::TwoCredentials.into()),
            (None, true) => {
                Err(Code::NotAuthenticated.because("An overseer has no key. Send the session of the login."))
            }
            (Some(session), false) => Ok(Self(bearer(session)?)),
            (None, false) => Err(Code::NotAuthenticated.into()),
        }
    }
}

impl OverseerCaller {
    /// What looks only. The session is extended by it when that is due.
    pub async fn read<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Overseer) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let caller = Caller(Credential::Session(self.0));
        caller.read(app, move |tx, principal| action(tx, principal.overseer()?)).await
    }

    /// What changes something.
    pub async fn write<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Overseer) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let caller = Caller(Credential::Session(self.0));
        caller.write(app, move |tx, principal| action(tx, principal.overseer()?)).await
    }

    /// The hash of the session's token, to end it.
    pub fn session(&self) -> TokenHash {
        self.0.clone()
    }
}

impl OperationInput for OverseerCaller {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.push(requirement("overseerSession"));
    }
}
