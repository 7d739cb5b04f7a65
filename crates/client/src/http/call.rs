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

/// A request to be sent. `'k`: the key that it is signed with.
pub struct Call<'k> {
    server: Server,
    method: &'static str,
    address: String,
    accept: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    proof: Option<Proof<'k>>,
}

/// A proof that is made when the call is sent: only then it is known what it has to carry.
struct Proof<'k> {
    key: &'k SigningKey,
    token: Option<String>,
    clock: Clock,
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

impl<'k> Call<'k> {
    pub(super) fn new(server: Server, method: &'static str, path: &str) -> Self {
        let address = format!("{}{path}", server.issuer);
        Self { server, method, address, accept: "application/json", headers: Vec::new(), body: Vec::new(), proof: None }
    }

    /// As the holder of a session or a bearer token.
    pub fn session(mut self, session_id: &str) -> Self {
        self.headers.push(("authorization", format!("Bearer {session_id}")));
        self
    }

    /// As the holder of a bound token (RFC 9449 section 7.1): with a proof by its key for just this request.
    pub fn bound_token(mut self, token: &str, key: &'k impl AsRef<SigningKey>) -> Self {
        self.headers.push(("authorization", format!("DPoP {token}")));
        let proof = Proof { key: key.as_ref(), token: Some(token.to_owned()), clock: Clock::system() };
        Self { proof: Some(proof), ..self }
    }

    /// As the client with this secret (RFC 6749 section 2.3.1): both halves are encoded as in a form.
    pub fn basic(mut self, client_id: &str, secret: &str) -> Self {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let both = format!("{}:{}", encoded(client_id), encoded(secret));
        self.headers.push(("authorization", format!("Basic {}", STANDARD.encode(both))));
        self
    }

    /// As the agent that is this key.
    pub fn proof(self, key: &'k impl AsRef<SigningKey>) -> Self {
        self.proof_at(key.as_ref(), &Clock::system())
    }

    pub(crate) fn proof_at(self, key: &'k SigningKey, clock: &Clock) -> Self {
        Self { proof: Some(Proof { key, token: None, clock: clock.clone() }), ..self }
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

    /// Sends it. When the server wants another nonce in the proof, it is sent once more (RFC 9449 section 8): the server
    /// has looked at nothing else then.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] and nothing else: a refusal is an answer too.
    pub fn send(self) -> Result<Answer, CallError> {
        let answer = self.send_once()?;
        if self.proof.is_some() && answer.wants_nonce() { self.send_once() } else { Ok(answer) }
    }

    fn send_once(&self) -> Result<Answer, CallError> {
        let Self { server, method, address, accept, headers, body, proof } = self;
        let unreachable = |cause: &dyn Display| CallError::Unreachable {
            server: server.issuer.to_string(),
            cause: cause.to_string(),
        };
        let began = stopwatch();
        let mut request = Request::builder().method(*method).uri(address).header("accept", *accept);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(proof) = proof {
            request = request.header("dpop", proof.sign(method, address, server.nonce().as_deref()));
        }
        let request = request.body(body.clone()).map_err(|error| unreachable(&error))?;
        let mut response = run(server, request).map_err(|error| unreachable(&error))?;
        if let Some(nonce) = response.headers().get("dpop-nonce").and_then(|nonce| nonce.to_str().ok()) {
            server.put_nonce(nonce);
        }
        let text = response.body_mut().with_config().limit(LARGEST).read_to_string();
        let answer = Answer::new(response, text.map_err(|error| unreachable(&error))?);
        if let Some(watcher) = &server.watcher {
            let (status, received) = (answer.status, answer.json.clone());
            let (address, sent) = (address.clone(), body.clone());
            tell(watcher, Exchange { method, address, sent, status, received, took: began.elapsed() });
        }
        Ok(answer)
    }
}

impl Proof<'_> {
    fn sign(&self, method: &str, url: &str, nonce: Option<&str>) -> String {
        let extras = dpop::Extras { access_token: self.token.as_deref(), nonce };
        dpop::sign(dpop::Request { method, url }, extras, self.key, self.clock.now(), Random::system())
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
