//! Who is calling and what they send.

use std::net::{IpAddr, SocketAddr};

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::{Operation, SecurityRequirement};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Uri, header};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::json_input;
use crate::app::App;
use crate::db::Tx;
use crate::db::schema::agents::Agent;
use crate::db::schema::overseers::Overseer;
use crate::identity::credentials::{AgentCredential, OverseerCredential};
use crate::identity::dpop;
use crate::rate_limit::network_of;
use crate::refusal::{Code, Refusal};
use crate::secret::{PlainToken, TokenHash};

/// The largest body, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;

/// A JSON body of the type `T`.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        if !has_content_type(request.headers(), "application/json") {
            return Err(Code::UnsupportedMediaType.into());
        }
        json_input::read(&read_body(request).await?).map(Self)
    }
}

/// The whole body, if it is not too large. One that says itself that it is too large is not waited for.
pub async fn read_body(request: Request) -> Result<Bytes, Refusal> {
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if declared.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > LARGEST_BODY) {
        return Err(Code::BodyTooLarge.into());
    }
    let body = axum::body::to_bytes(request.into_body(), LARGEST_BODY).await;
    body.map_err(|error| {
        let is_too_large =
            std::error::Error::source(&error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        if is_too_large { Code::BodyTooLarge.into() } else { Code::MalformedRequest.into() }
    })
}

/// Whether the body is declared as `media_type`, parameters aside.
pub fn has_content_type(headers: &HeaderMap, media_type: &str) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(media_type))
}

/// The ids in the address; one that is malformed names nothing, so it is 404.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Path(ids) = Path::from_request_parts(parts, app).await.map_err(|_| {
            Code::NotFound.because("The id in the address is not a UUID in lower case, so there is nothing there.")
        })?;
        Ok(Self(ids))
    }
}

/// The query of the address.
pub struct Checked<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Checked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, app).await;
        let sentence = "A parameter in the address has a value that is not allowed. See /openapi.json.";
        query.map(|Query(query)| Self(query)).map_err(|_| Code::InvalidField.because(sentence))
    }
}

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

/// An overseer, by session.
pub struct OverseerCaller(OverseerCredential);

impl FromRequestParts<App> for OverseerCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let session = single(&parts.headers, &header::AUTHORIZATION)?;
        match (session, parts.headers.contains_key("dpop")) {
            (Some(_), true) => Err(Code::TwoCredentials.into()),
            (None, true) => {
                Err(Code::NotAuthenticated.because("An overseer has no key. Send the session of the login."))
            }
            (Some(session), false) => Ok(Self(OverseerCredential(bearer(session)?))),
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
        let now = app.clock.now();
        let credential = self.0.clone();
        let (answer, is_due) = app
            .db
            .read(move |tx| -> Result<(T, bool), Refusal> {
                let (overseer, is_due) = credential.authenticate(tx, now)?;
                Ok((action(tx, &overseer)?, is_due))
            })
            .await?;
        if is_due {
            let credential = self.0;
            app.db.write(move |tx| credential.extend(tx, now)).await?;
        }
        Ok(answer)
    }

    /// What changes something.
    pub async fn write<T: Send + 'static>(
        self,
        app: &App,
        action: impl Fn(&mut Tx<'_>, &Overseer) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let now = app.clock.now();
        let credential = self.0;
        app.db
            .write(move |tx| {
                let (overseer, is_due) = credential.authenticate(tx, now)?;
                if is_due {
                    credential.extend(tx, now)?;
                }
                action(tx, &overseer)
            })
            .await
    }

    /// The hash of the session's token, to end it.
    pub fn session(&self) -> TokenHash {
        self.0.0.clone()
    }
}

/// The caller's address, as far as it counts for limits: of IPv6 the network.
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip());
        Ok(Self(network_of(forwarded_for(&parts.headers, peer, app))))
    }
}

/// The last address in the chain that no trusted proxy vouches for. What a client writes into the
/// header itself stands further left, and is not reached.
fn forwarded_for(headers: &HeaderMap, peer: IpAddr, app: &App) -> IpAddr {
    let is_trusted =
        |address: IpAddr| app.config.server.trusted_proxies.iter().any(|network| network.contains(address));
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut address = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(address) {
            break;
        }
        // Some proxies write the port, too.
        let hop = hop.parse().or_else(|_| hop.parse().map(|address: SocketAddr| address.ip()));
        let Ok(hop) = hop else { break };
        address = hop;
    }
    address
}

/// The address that was called, as `htu` and audiences name it: issuer and path, never the Host header.
pub fn address(app: &App, uri: &Uri) -> String {
    format!("{}{}", app.issuer, uri.path())
}

/// The one value of a header; several are refused, for it is not clear which one counts.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Code::MalformedRequest.into()),
        (Some(_), Some(_)) => Err(Code::TwoCredentials.into()),
    }
}

/// RFC 9110 section 11.1: the scheme's case does not matter.
fn bearer(value: &str) -> Result<TokenHash, Refusal> {
    let token = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.and_then(|(_, token)| PlainToken::parse(token.trim())).ok_or(Code::NotAuthenticated)?;
    Ok(token.hash())
}

impl<T: JsonSchema> OperationInput for JsonBody<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        axum::Json::<T>::operation_input(context, operation);
    }
}

impl<T: JsonSchema> OperationInput for At<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Path::<T>::operation_input(context, operation);
    }
}

impl<T: JsonSchema> OperationInput for Checked<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Query::<T>::operation_input(context, operation);
    }
}

impl OperationInput for ClientAddress {}

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

impl OperationInput for OverseerCaller {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.push(requirement("overseerSession"));
    }
}

fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::from_iter([(scheme.to_owned(), Vec::new())])
}
