//! `POST /v1/oauth/authorize`: by an agent, in JSON, which gets the code itself and needs no browser; or by a browser, as a
//! form (OpenID Connect Core section 3.1.2.1), which is sent on to the same request by GET: to what another site posts,
//! browsers add no cookies.

use std::sync::Arc;

use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDocs};
use aide::{OperationInput, OperationOutput};
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts as _, Request, State};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::incoming::find_pushed;
use super::redirect::LONGEST;
use crate::app::App;
use crate::http::extract::{AgentCaller, JsonBody, has_content_type, read_body};
use crate::http::pages::{Cookies, see_other};
use crate::http::quota::WithQuota;
use crate::identity::sessions;
use crate::oauth::authorization::{self, Authorizer, Outcome, Parameters};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::sign_in::SignIn;
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

/// Who asks.
pub enum Asking {
    /// An agent.
    Agent(AgentCaller, Box<Parameters>),
    /// A browser: its request, form-encoded.
    Browser(String),
}

/// What either gets.
pub enum AuthorizeAnswer {
    /// The code.
    Agent(WithQuota<Json<Authorized>>),
    /// The same request by GET.
    Browser(String),
}

impl FromRequest<App> for Asking {
    type Rejection = AuthorizeError;

    async fn from_request(request: Request, app: &App) -> Result<Self, AuthorizeError> {
        if has_content_type(request.headers(), "application/x-www-form-urlencoded") {
            let body = read_body(request).await?;
            let text =
                String::from_utf8(body.to_vec()).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
            let text = text.filter(|text| text.len() <= LONGEST);
            let text =
                text.ok_or_else(|| ErrorCode::InvalidRequest.because("The form is not encoded, or over 6 KiB."))?;
            return Ok(Self::Browser(text));
        }
        let (mut parts, body) = request.into_parts();
        let caller = AgentCaller::from_request_parts(&mut parts, app).await?;
        let JsonBody(parameters) = JsonBody::from_request(Request::from_parts(parts, body), app).await?;
        Ok(Self::Agent(caller, Box::new(parameters)))
    }
}

impl OperationInput for Asking {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        AgentCaller::operation_input(context, operation);
        JsonBody::<Parameters>::operation_input(context, operation);
    }
}

impl IntoResponse for AuthorizeAnswer {
    fn into_response(self) -> Response {
        match self {
            Self::Agent(authorized) => authorized.into_response(),
            // Relative, so that it is right whatever stands before the server.
            Self::Browser(request) => see_other(&format!("?{request}"), Cookies::default()),
        }
    }
}

impl OperationOutput for AuthorizeAnswer {
    type Inner = Authorized;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<ResponseDocs> {
        Json::<Authorized>::operation_response(context, operation)
    }

    fn inferred_responses(context: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDocs)> {
        Json::<Authorized>::inferred_responses(context, operation)
    }
}

/// A refusal: of the agent, as everywhere, or of the request, in the RFC's words.
pub enum AuthorizeError {
    /// The agent is not who it must be, or the body is no JSON.
    Agent(Refusal),
    /// The request is refused.
    Request(OauthError),
}

/// `POST /v1/oauth/authorize`
pub async fn authorize(State(app): State<App>, asking: Asking) -> Result<AuthorizeAnswer, AuthorizeError> {
    let (caller, parameters) = match asking {
        Asking::Agent(caller, parameters) => (caller, parameters),
        Asking::Browser(request) => return Ok(AuthorizeAnswer::Browser(request)),
    };
    let (parameters, pushed) = match parameters.reference() {
        None => (*parameters, None),
        Some((client_id, request_uri)) => {
            let asked = find_pushed(&app, client_id, request_uri).await?;
            (parameters.of_pushed(&asked.form), asked.pushed)
        }
    };
    let request = parameters.read(pushed, &app.issuer)?;
    let code = Arc::new(PlainToken::generate(app.random));
    let server = app.authorization();
    let (asked, stored) = (request.clone(), Arc::clone(&code));
    let (session, now) = (caller.session(), app.clock.now());
    let authorized = caller.write(&app, move |tx, agent| {
        // A proof is made for the request; a session has been there since the login.
        let session = session.as_ref().map(|token| sessions::find(tx, token, now)).transpose()?.flatten();
        let by = Authorizer { agent, sign_in: SignIn::by_agent(session.map_or(now, |session| session.created_at)) };
        Ok(authorization::authorize(tx, &by, &asked, &stored, &server)?)
    });
    match authorized.await? {
        Outcome::Refused(refused) => Err(refused.into()),
        Outcome::Granted(scope, quota) => {
            let authorized = Authorized {
                authorization_code: code.expose().to_owned(),
                code: code.expose().to_owned(),
                redirect_to: request.redirect_to(&code, &app.issuer),
                redirect_uri: request.redirect_uri,
                state: request.state,
                scope: scope.as_str().to_owned(),
                iss: app.issuer.clone(),
                expires_in: app.policy.code,
            };
            Ok(AuthorizeAnswer::Agent(WithQuota(Json(authorized), quota)))
        }
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
