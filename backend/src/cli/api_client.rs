//! HTTP as the client commands speak it. Nothing leaves this machine unencrypted, no redirect is
//! followed, and a server is first asked who it is.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::bail;
use serde_json::Value;
use ureq::http::{Request, header};
use ureq::tls::TlsConfig;

use super::failure::Failure;
use super::output::text_of;
use super::signing;
use crate::clock::{Clock, stopwatch};
use crate::config::Issuer;
use crate::crypto::ed25519::SigningKey;
use crate::random::Random;

/// How long a connection, and a whole call, may take.
const CONNECT: Duration = Duration::from_secs(10);
const CALL: Duration = Duration::from_secs(40);
/// The largest answer, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// A clock that differs by more, in seconds, is named as the likely cause of a refusal.
const CLOCKS_DIFFER: i64 = 5;

/// A server, by its issuer. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    issuer: Issuer,
    http: ureq::Agent,
    watcher: Option<Sender<Exchange>>,
}

/// A request to be sent.
pub struct Call {
    server: Server,
    method: &'static str,
    address: String,
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

/// What came back.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null when it is not JSON.
    pub json: Value,
    /// How far the server's clock is ahead of ours, in seconds.
    pub clock_ahead: i64,
}

impl Server {
    /// The server with this issuer. Refuses one to which everything would go readable by others.
    pub fn at(url: &str) -> anyhow::Result<Self> {
        let Some(issuer) = Issuer::parse(url) else {
            bail!("{url} is not a server's address: write it like https://id.example.org");
        };
        if !issuer.is_protected() {
            bail!("{url} is refused, for others could read what is sent there: use https");
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let proxy = if url.starts_with("https:") { ureq::Proxy::try_from_env() } else { None };
        let config = ureq::Agent::config_builder()
            .tls_config(TlsConfig::builder().unversioned_rustls_crypto_provider(provider).build())
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(CALL))
            .user_agent(concat!("agentid/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { issuer, http: config.into(), watcher: None })
    }

    /// The same server; every call is told to `watcher`.
    pub fn watched_by(self, watcher: Sender<Exchange>) -> Self {
        Self { watcher: Some(watcher), ..self }
    }

    /// Its address, without a slash at the end.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Asks who it is. What is signed for a server names its issuer, so the address must be just that.
    pub fn must_be_itself(&self) -> Result<(), Failure> {
        let index = self.call("GET", "/").send()?.accept()?;
        let issuer = text_of(&index, "issuer");
        if Issuer::parse(issuer).as_ref() == Some(&self.issuer) {
            return Ok(());
        }
        let sentence = format!("The server at {} says that it is `{issuer}`. Use --server with that.", self.issuer);
        Err(Failure::refused("wrong_issuer", sentence))
    }

    /// A call to a path.
    pub fn call(&self, method: &'static str, path: &str) -> Call {
        let address = format!("{}{path}", self.issuer);
        let headers = vec![("accept", "application/json".to_owned())];
        Call { server: self.clone(), method, address, headers, body: Vec::new() }
    }
}

impl Call {
    /// As the holder of a session.
    pub fn session(mut self, session_id: &str) -> Self {
        self.headers.push(("authorization", format!("Bearer {session_id}")));
        self
    }

    /// As the agent that is this key.
    pub fn proof(mut self, key: &SigningKey) -> Self {
        // `htu` has no query (RFC 9449 section 4.2).
        let address = self.address.split('?').next().unwrap_or_default();
        let proof = signing::proof(key, self.method, address, &Clock::system(), Random::system());
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

    /// Sends it. Only a server that can not be reached is a failure here.
    pub fn send(self) -> Result<Answer, Failure> {
        let Self { server, method, address, headers, body } = self;
        let unreachable = |error: &dyn std::fmt::Display| Failure {
            code: "unreachable".to_owned(),
            sentence: format!("The server at {} can not be reached: {error}.", server.issuer),
            is_temporary: true,
        };
        let began = stopwatch();
        let mut request = Request::builder().method(method).uri(&address);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body.clone()).map_err(|error| unreachable(&error))?;
        // A DELETE may have a body.
        let request = server.http.configure_request(request).allow_non_standard_methods(true).build();
        let mut response = server.http.run(request).map_err(|error| unreachable(&error))?;
        let date = response.headers().get(header::DATE).and_then(|date| date.to_str().ok()).and_then(unix_seconds);
        let text = response.body_mut().with_config().limit(LARGEST).read_to_string();
        let json: Value = serde_json::from_str(&text.map_err(|error| unreachable(&error))?).unwrap_or_default();
        let status = response.status().as_u16();
        if let Some(watcher) = &server.watcher {
            let (received, took) = (json.clone(), began.elapsed());
            // Nobody may be watching any more; that is no failure of the call.
            let _ = watcher.send(Exchange { method, address, sent: body, status, received, took });
        }
        Ok(Answer { status, json, clock_ahead: date.map_or(0, |date| date - Clock::system().now()) })
    }
}

impl Answer {
    /// The body of a success, or the server's refusal: its code and its sentence.
    pub fn accept(self) -> Result<Value, Failure> {
        let Self { status, json, clock_ahead } = self;
        if (200..300).contains(&status) && json.is_object() {
            return Ok(json);
        }
        // The API has `code` and `error`; the OAuth endpoints `error` and `error_description` (RFC 6749 section 5.2).
        let (code, sentence) = match (text_of(&json, "code"), text_of(&json, "error")) {
            (code @ "", "") => (code, ""),
            ("", code) => (code, text_of(&json, "error_description")),
            (code, sentence) => (code, sentence),
        };
        let mut failure = Failure {
            code: if code.is_empty() { "unexpected_answer" } else { code }.to_owned(),
            sentence: sentence.to_owned(),
            is_temporary: matches!(status, 429 | 502 | 503 | 504),
        };
        if sentence.is_empty() {
            failure.sentence = format!("The server answered {status}, and not as an Agent ID server does.");
        }
        if status == 401 && clock_ahead.abs() > CLOCKS_DIFFER {
            let direction = if clock_ahead > 0 { "behind" } else { "ahead of" };
            let seconds = clock_ahead.abs();
            failure.sentence.push_str(&format!(
                " The clock of this machine is {seconds} s {direction} the server's, so what it signs may be refused: set the clock."
            ));
        }
        Err(failure)
    }
}

/// Reads a `Date` header (RFC 9110 section 5.6.7).
fn unix_seconds(date: &str) -> Option<i64> {
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second())
}
