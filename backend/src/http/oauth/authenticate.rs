//! The form of a request, and the agent whose assertion comes with it.

use aide::OperationInput;
use axum::extract::{FromRequest, Request};
use axum::http::header;

use crate::app::App;
use crate::http::extract::{address, has_content_type, read_body};
use crate::id::AgentId;
use crate::identity::dpop::SpentProof;
use crate::oauth::client_assertion::{self, Audiences};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::grants::client_credentials::{self, Snapshot};
use crate::refusal::Code;

/// A form that was posted, and where.
pub struct PostedForm {
    /// The parameters.
    pub form: Form,
    /// The address that was called: issuer and path.
    pub address: String,
    /// Whether an Authorization header came along.
    has_authorization: bool,
}

/// An agent whose assertion holds. It is not spent yet.
pub struct AuthenticatedAgent {
    /// The agent.
    pub id: AgentId,
    /// What was true of it when the assertion was verified.
    pub snapshot: Snapshot,
    /// To be spent in the transaction that acts.
    pub spent: SpentProof,
}

impl FromRequest<App> for PostedForm {
    type Rejection = OauthError;

    async fn from_request(request: Request, app: &App) -> Result<Self, OauthError> {
        if !has_content_type(request.headers(), "application/x-www-form-urlencoded") {
            return Err(ErrorCode::InvalidRequest.because("Send `Content-Type: application/x-www-form-urlencoded`."));
        }
        let address = address(app, request.uri());
        let has_authorization = request.headers().contains_key(header::AUTHORIZATION);
        let body = read_body(request).await.map_err(|refusal| {
            let is_too_large = refusal.code == Code::BodyTooLarge;
            if is_too_large { ErrorCode::RequestTooLarge } else { ErrorCode::InvalidRequest }
        })?;
        Ok(Self { form: Form::parse(&body)?, address, has_authorization })
    }
}

impl OperationInput for PostedForm {}

impl PostedForm {
    /// Verifies the assertion with the agent's current key.
    pub async fn authenticate(&self, app: &App) -> Result<AuthenticatedAgent, OauthError> {
        // RFC 6749 section 2.3: a client uses one method in each request.
        match (self.has_authorization, self.form.get("client_assertion")) {
            (true, Some(_)) => {
                let description = "The request authenticates in two ways. Leave the Authorization header out.";
                return Err(ErrorCode::InvalidRequest.because(description));
            }
            (true, None) => return Err(ErrorCode::InvalidClient.into()),
            (false, _) => {}
        }
        let assertion = client_assertion::read(&self.form)?;
        let id = assertion.agent_id.clone();
        let snapshot = current(app, &id).await?.ok_or(ErrorCode::InvalidClient)?;
        let legacy = app.config.oauth.legacy_assertion_audience.then_some(self.address.as_str());
        let audiences = Audiences { issuer: &app.issuer, legacy };
        let spent = assertion.verify(&snapshot.key, &audiences, app.clock.now())?;
        Ok(AuthenticatedAgent { id, snapshot, spent })
    }
}

/// What is true of the agent now.
pub async fn current(app: &App, id: &AgentId) -> Result<Option<Snapshot>, OauthError> {
    let id = id.clone();
    Ok(app.db.read(move |tx| client_credentials::snapshot(tx, &id)).await?)
}
