//! `POST /v1/oauth/authorize` by an agent: it gets the code itself, and needs no browser.

use std::sync::Arc;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDocs};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::db::schema::authorization_codes::LIFETIME;
use crate::http::extract::{AgentCaller, JsonBody};
use crate::oauth::authorization::{self, Outcome, Parameters, Server};
use crate::oauth::error::OauthError;
use crate::refusal::Refusal;
use crate::secret::PlainToken;

/// A code, and where it belongs (RFC 6749 section 4.1.2, RFC 9207).
#[derive(Serialize, JsonSchema)]
pub struct Authorized {
    /// For the client, which redeems it once, within a minute.
    authorization_code: String,
    /// The same, under the name that redirects use.
    code: String,
    /// As in the request.
    redirect_uri: String,
    /// The address to send a browser to, or to give to the client.
    redirect_to: String,
    /// As in the request.
    state: Option<String>,
    /// What was granted, space-separated.
    scope: String,
    /// The issuer: the client checks that it is the server that it asked.
    iss: String,
    /// Seconds.
    expires_in: i64,
}

/// A refusal: of the agent, as everywhere, or of the request, in the RFC's words.
pub enum AuthorizeError {
    /// The agent is not who it must be, or the body is no JSON.
    Agent(Refusal),
    /// The request is refused.
    Request(OauthError),
}

/// `POST /v1/oauth/authorize`
pub async fn authorize(
    State(app): State<App>,
    caller: AgentCaller,
    JsonBody(parameters): JsonBody<Parameters>,
) -> Result<Json<Authorized>, AuthorizeError> {
    let request = parameters.read(&app.issuer)?;
    let code = Arc::new(PlainToken::generate(app.random));
    let server =
        Server { default_tier: app.config.billing.default_tier.clone(), clock: app.clock.clone(), random: app.random };
    let (asked, stored) = (request.clone(), Arc::clone(&code));
    let authorized =
        caller.write(&app, move |tx, agent| Ok(authorization::authorize(tx, agent, &asked, &stored, &server)?)).await?;
    match authorized {
        Outcome::Refused(refused) => Err(refused.into()),
        Outcome::Granted(scope) => Ok(Json(Authorized {
            authorization_code: code.expose().to_owned(),
            code: code.expose().to_owned(),
            redirect_to: request.redirect_to(&code, &app.issuer),
            redirect_uri: request.redirect_uri,
            state: request.state,
            scope: scope.as_str().to_owned(),
            iss: app.issuer.clone(),
            expires_in: LIFETIME,
        })),
    }
}

impl From<Refusal> for AuthorizeError {
    fn from(refusal: Refusal) -> Self {
        Self::Agent(refusal)
    }
}

impl From<OauthError> for AuthorizeError {
    fn from(error: OauthError) -> Self {
        Self::Request(error)
    }
}

impl IntoResponse for AuthorizeError {
    fn into_response(self) -> Response {
        match self {
            Self::Agent(refusal) => refusal.into_response(),
            Self::Request(error) => error.into_response(),
        }
    }
}

impl OperationOutput for AuthorizeError {
    type Inner = <OauthError as OperationOutput>::Inner;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<ResponseDocs> {
        OauthError::operation_response(context, operation)
    }
}
