//! An agent who calls: by a session, or by a proof of its key.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};

use super::credential::{bearer, requirement, single};
use super::place::address;
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::agents::Agent;
use crate::identity::credentials::AgentCredential;
use crate::identity::dpop;
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// An agent, by session or proof.
pub struct AgentCaller(AgentCredential);

impl FromRequestParts<App> for AgentCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let session = single(&parts.headers, &header::AUTHORIZATION)?;
        let proof = single(&parts.headers, &HeaderName::from_static("dpop"))?;
        match (session, proof) {
            (Some(_), Some(_)) => Err(Code::TwoCredentials.into()),
            (Some(session), None) => Ok(Self(AgentCredential::Session(bearer(session)?))),
            (None, Some(proof)) => {
                let address = address(app, &parts.uri);
                let proof =
                    dpop::verify(proof, parts.method.as_str(), &address, app.clock.now()).map_err(|problem| {
                        Code::InvalidProof.because(format!("{problem} Make a new proof for each request."))
                    })?;
                if proof.ath.is_some() {
                    let sentence = "A proof that stands for the agent itself has no `ath`. Leave it out.";
                    return Err(Code::InvalidProof.because(sentence));
                }
                Ok(Self(AgentCredential::Proof(proof)))
            }
            (None, None) => Err(Code::NotAuthenticated.into()),
        }
    }
}

impl AgentCaller {
    /// What looks only: with a session it costs no write; a proof is spent.
    pub async fn read<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Agent) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let now = app.clock.now();
        let Self(credential) = self;
        match &credential {
            AgentCredential::Proof(_) => Self(credential).write(app, action).await,
            AgentCredential::Session(_) => {
                app.db
                    .read(move |tx| {
                        let agent = credential.authenticate(tx, now)?;
                        action(tx, &agent)
                    })
                    .await
            }
        }
    }

    /// What changes something. A refused action is undone; a proof stays spent nevertheless.
    pub async fn write<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Agent) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let now = app.clock.now();
        let Self(credential) = self;
        let attempted = app.db.write(move |tx| -> Result<Result<T, Refusal>, Refusal> {
            let agent = credential.authenticate(tx, now)?;
            Ok(tx.attempt(|tx| action(tx, &agent))?)
        });
        attempted.await?
    }

    /// The hash of the session's token, to end it. `None` for a proof.
    pub fn session(&self) -> Option<TokenHash> {
        match &self.0 {
            AgentCredential::Session(token) => Some(token.clone()),
            AgentCredential::Proof(_) => None,
        }
    }
}

/// An agent by a proof of its key: for what a session is not enough.
pub struct ProvenAgent(pub AgentCaller);

impl FromRequestParts<App> for ProvenAgent {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let caller = AgentCaller::from_request_parts(parts, app).await?;
        if caller.session().is_some() {
            return Err(Code::ProofRequired.into());
        }
        Ok(Self(caller))
    }
}

impl OperationInput for AgentCaller {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.extend([requirement("agentSession"), requirement("dpop")]);
    }
}

impl OperationInput for ProvenAgent {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.push(requirement("dpop"));
    }
}
