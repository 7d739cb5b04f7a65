//! An agent who calls: by a session, or by a proof of its key.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};

use super::caller::Caller;
use super::credential::{bearer, requirement, single};
use super::place::address;
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::agents::Agent;
use crate::identity::credentials::Credential;
use crate::identity::dpop;
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// An agent, by session or proof.
pub struct AgentCaller(Credential);

/// The one session or proof of a request.
pub(super) fn session_or_proof(parts: &Parts, app: &App) -> Result<Credential, Refusal> {
    let session = single(&parts.headers, &header::AUTHORIZATION)?;
    let proof = single(&parts.headers, &HeaderName::from_static("dpop"))?;
    match (session, proof) {
        (Some(_), Some(_)) => Err(Code::TwoCredentials.into()),
        (Some(session), None) => Ok(Credential::Session(bearer(session)?)),
        (None, Some(proof)) => {
            let address = address(app, &parts.uri);
            let proof = dpop::verify(proof, parts.method.as_str(), &address, &app.dpop_nonces, app.clock.now());
            let proof = proof.map_err(|refused| match refused {
                dpop::Refused::Invalid(problem) => {
                    Code::InvalidProof.because(format!("{problem} Make a new proof for each request."))
                }
                dpop::Refused::UseNonce => Code::UseDpopNonce.into(),
            })?;
            if proof.ath.is_some() {
                let sentence = "A proof that stands for the agent itself has no `ath`. Leave it out.";
                return Err(Code::InvalidProof.because(sentence));
            }
            Ok(Credential::Proof(proof))
        }
        (None, None) => Err(Code::NotAuthenticated.into()),
    }
}

impl FromRequestParts<App> for AgentCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        session_or_proof(parts, app).map(Self)
    }
}

impl AgentCaller {
    /// What looks only: with a session it costs no write; a proof is spent.
    pub async fn read<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Agent) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        Caller(self.0).read(app, move |tx, principal| action(tx, principal.agent()?)).await
    }

    /// What changes something. A refused action is undone; a proof stays spent nevertheless.
    pub async fn write<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Agent) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        Caller(self.0).write(app, move |tx, principal| action(tx, principal.agent()?)).await
    }

    /// The hash of the session's token, to end it. `None` for a proof.
    pub fn session(&self) -> Option<TokenHash> {
        self.0.session().cloned()
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
