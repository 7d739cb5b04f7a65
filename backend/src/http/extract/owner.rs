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
        let Some(cookie) = cookie(parts, app)? else { return session_or_proof(parts, app).map(Self) };
        if ["authorization", "dpop"].iter().any(|name| parts.headers.contains_key(*name)) {
            return Err(Code::TwoCredentials.into());
        }
        Ok(Self(cookie))
    }
}

impl OwnerCaller {
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
