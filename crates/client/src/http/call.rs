//! A request, from its address to its answer.

use std::fmt::Display;
use std::sync::mpsc::Sender;
use std::time::Duration;

use agentid_jose::clock::{Clock, stopwatch};
use agentid_jose::dpop;
use agentid_jose::ed25519::SigningKey;
use agentid_jose::random::Random;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::http::{Request, Response};
use ureq::{AsSendBody, Body};

use super::{Answer, Server};
use crate::error::CallError;

/// The largest answer, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A request to be sent.
pub struct Call {
    server: Server,
    method: &'static str,
    address: String,
    accept: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// A call and its answer, for somebody who watches.
pub struct Exchange {
    /// The HTTP method.
    pub method: &'static str,
    /// Where it went.
    pub address: String,
    /// What was sent: JSON, a form, or nothing.
    pub sent: Vec<u8>,
    /// The HTTP status.
    pub status: u16,
    /// The body of the answer; null when it is not JSON.
    pub received: Value,
    /// From the call to the whole answer.
    pub took: Duration,
}

impl Call {
    pub(super) fn new(server: Server, method: &'static str, path: &str) -> Self {
        let address = format!("{}{path}", server.issuer);
        Self { server, method, address, accept: "application/json", headers: Vec::new(), body: Vec::new() }
    }

    /// As the holder of a session or a bearer token.
    pub fn session(mut self, session_id: &str) -> Self {
        self.headers.push(("authorization", format!("Bearer {session_id}")));
        self
    }

    /// As the holder of a bound token (RFC 9449 section 7.1): with a proof by its key for just this request.
    pub fn bound_token(mut self, token: &str, key: impl AsRef<SigningKey>) -> Self {
        let request = dpop::Request { method: self.method, url: &self.address };
        let proof = dpop::sign(request, Some(token), key.as_ref(), Clock::system().now(), Random::system());
        self.headers.push(("authorization", format!("DPoP {token}")));
        self.headers.push(("dpop", proof));
        self
    }

    /// As the client with this secret (RFC 6749 section 2.3.1): both halves are encoded as in a form.
    pub fn basic(mut self, client_id: &str, secret: &str) -> Self {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let both = format!("{}:{}", encoded(client_id), encoded(secret));
        self.headers.push(("authorization", format!("Basic {}", STANDARD.encode(both))));
        self
    }

    /// As the agent that is this key.
    pub fn proof(self, key: impl AsRef<SigningKey>) -> Self {
        self.proof_at(key.as_ref(), &Clock::system())
    }

    pub(crate) fn proof_at(mut self, key: &SigningKey, clock: &Clock) -> Self {
        let request = dpop::Request { method: self.method, url: &self.address };
        let proof = dpop::sign(request, None, key, clock.now(), Random::system());
        self.headers.push(("dpop", proof));
        self
    }

    /// With a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.headers.push(("content-type", "application/json".to_owned()));
        self.body = body.to_string().into_bytes();
        self
    }

    /// With a form.
    pub fn form(mut self, parameters: &[(&str, &str)]) -> Self {
        self.headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        self.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish().into_bytes();
        self
    }

    /// With one more header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Asks for another type than JSON.
    pub(crate) fn accepting(self, media_type: &'static str) -> Self {
        Self { accept: media_type, ..self }
    }

    /// Sends it.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] and nothing else: a refusal is an answer too.
    pub fn send(self) -> Result<Answer, CallError> {
        let Self { server, method, address, accept, headers, body } = self;
        let unreachable = |cause: &dyn Display| CallError::Unreachable {
            server: server.issuer.to_string(),
            cause: cause.to_string(),
        };
        let began = stopwatch();
        let mut request = Request::builder().method(method).uri(&address).header("accept", accept);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body.clone()).map_err(|error| unreachable(&error))?;
        let mut response = run(&server, request).map_err(|error| unreachable(&error))?;
        let text = response.body_mut().with_config().limit(LARGEST).read_to_string();
        let answer = Answer::new(response, text.map_err(|error| unreachable(&error))?);
        if let Some(watcher) = &server.watcher {
            let (status, received) = (answer.status, answer.json.clone());
            tell(watcher, Exchange { method, address, sent: body, status, received, took: began.elapsed() });
        }
        Ok(answer)
    }
}

fn run(server: &Server, request: Request<impl AsSendBody>) -> Result<Response<Body>, ureq::Error> {
    let request = server.http.configure_request(request).timeout_global(Some(server.patience));
    // A DELETE may have a body.
    server.http.run(request.allow_non_standard_methods(true).build())
}

fn tell(watcher: &Sender<Exchange>, exchange: Exchange) {
    // Nobody may be watching any more; that is no failure of the call.
    let _ = watcher.send(exchange);
}
