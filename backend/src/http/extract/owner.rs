//! An owner of clients who calls: an agent by session or proof, or an overseer by session or cookie.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::agent::session_or_proof;
use super::caller::Caller;
use super::cookie::cookie;
use super::credential::requirement;
use crate::app::App;
use crate::db::Tx;
use crate::identity::credentials::{Credential, Principal};
use crate::refusal::{Code, Refusal};

/// An agent or an overseer; which, is known only inside the transaction.
pub struct OwnerCaller(Credential);

impl FromRequestParts<App> for OwnerCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let has_other = ["authorization", "dpop"].iter().any(|name| parts.headers.contains_key(*name));
        match cookie(parts, app, has_other)? {
            Some(cookie) => Ok(Self(cookie)),
            None => session_or_proof(parts, app).map(Self),
        }
    }
}

impl OwnerCaller {
    /// Refuses the cookie: what can do harm asks for the password once more, which only the page does.
    pub fn by_more_than_a_cookie(self) -> Result<Self, Refusal> {
        if matches!(self.0, Credential::Cookie(_)) { Err(Code::PasswordRequired.into()) } else { Ok(self) }
    }

    /// What looks only. An overseer's session is extended by it when that is due; a proof is spent.
    pub async fn read<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Principal) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        Caller(self.0).read(app, action).await
    }

    /// What changes something. A refused action is undone; a proof stays spent nevertheless.
    pub async fn write<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Principal) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        Caller(self.0).write(app, action).await
    }
}

impl OperationInput for OwnerCaller {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.extend(["agentSession", "dpop", "overseerSession", "overseerCookie"].map(requirement));
    }
}
