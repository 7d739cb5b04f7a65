//! The form of a request, and who sends it: an assertion, a secret, or a name; and perhaps a DPoP proof.

use std::sync::Arc;

use aide::OperationInput;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, header};

use crate::app::App;
use crate::db;
use crate::http::extract::{address, has_content_type, read_body};
use crate::identity::dpop::{self, Proof};
use crate::oauth::authentication::{Authenticated, Credentials, Party};
use crate::oauth::client_assertion::Expected;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::refusal::Code;

/// A form that was posted, and where.
pub struct PostedForm {
    /// The parameters.
    pub form: Form,
    /// The address that was called: issuer and path.
    address: String,
    authorization: Option<String>,
    proofs: Vec<String>,
}

impl FromRequest<App> for PostedForm {
    type Rejection = OauthError;

    async fn from_request(request: Request, app: &App) -> Result<Self, OauthError> {
        let headers = request.headers();
        if !has_content_type(headers, "application/x-www-form-urlencoded") {
            return Err(ErrorCode::InvalidRequest.because("Send `Content-Type: application/x-www-form-urlencoded`."));
        }
        let address = address(app, request.uri());
        let mut authorizations = texts(headers, &header::AUTHORIZATION)?;
        if authorizations.len() > 1 {
            return Err(ErrorCode::InvalidRequest.because("There is more than one Authorization header."));
        }
        let proofs = texts(headers, &HeaderName::from_static("dpop"))
            .map_err(|_| ErrorCode::InvalidDpopProof.because("The DPoP header is not text. Send a proof."))?;
        let body = read_body(request).await.map_err(|refusal| {
            let is_too_large = refusal.code == Code::BodyTooLarge;
            if is_too_large { ErrorCode::RequestTooLarge } else { ErrorCode::InvalidRequest }
        })?;
        Ok(Self { form: Form::parse(&body)?, address, authorization: authorizations.pop(), proofs })
    }
}

impl OperationInput for PostedForm {}

impl PostedForm {
    /// What the caller shows; not verified.
    pub fn credentials(&self) -> Result<Credentials, OauthError> {
        Credentials::read(&self.form, self.authorization.as_deref())
    }

    /// What an assertion has to say.
    pub fn expected<'a>(&'a self, app: &'a App) -> Expected<'a> {
        let legacy = app.config.oauth.legacy_assertion_audience.then_some(self.address.as_str());
        Expected { issuer: &app.issuer, legacy, policy: app.policy, now: app.clock.now() }
    }

    /// The DPoP proof that comes along, verified and not yet spent (RFC 9449 section 5).
    pub fn proof(&self, app: &App) -> Result<Option<Proof>, OauthError> {
        match self.proofs.as_slice() {
            [] => Ok(None),
            [proof] => {
                let proof = dpop::verify(proof, "POST", &self.address, &app.dpop_nonces, app.clock.now());
                proof.map(Some).map_err(|refused| match refused {
                    dpop::Refused::Invalid(problem) => {
                        ErrorCode::InvalidDpopProof.because(format!("{problem} Make a new proof."))
                    }
                    dpop::Refused::UseNonce => ErrorCode::UseDpopNonce.into(),
                })
            }
            _ => Err(ErrorCode::InvalidDpopProof.because("There is more than one DPoP header. Send one.")),
        }
    }

    /// Verifies the caller.
    pub async fn authenticate(&self, app: &App) -> Result<Authenticated, OauthError> {
        let credentials = self.credentials()?;
        let id: Arc<str> = credentials.caller_id().into();
        let party = app.db.read(move |tx| -> Result<Option<Party>, db::Error> { Party::find(tx, &id) }).await?;
        self.verify(app, credentials, party.ok_or(ErrorCode::InvalidClient)?).await
    }

    /// Verifies what the caller shows with what it is registered with.
    pub async fn verify(&self, app: &App, shown: Credentials, party: Party) -> Result<Authenticated, OauthError> {
        let keys = app.client_keys.of(&party, shown.kid(), &app.clock).await;
        shown.verify(party, keys.as_ref(), &self.expected(app))
    }
}

/// Every value of a header.
fn texts(headers: &HeaderMap, name: &HeaderName) -> Result<Vec<String>, OauthError> {
    let values = headers.get_all(name).iter().map(|value| value.to_str().map(str::to_owned));
    values.collect::<Result<_, _>>().map_err(|_| ErrorCode::InvalidRequest.into())
}
