//! Requests, built whole before any clock starts.

use std::net::SocketAddr;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::http::request::Builder;
use serde_json::Value;

/// A request that waits to be sent.
pub type Request = hyper::Request<Full<Bytes>>;

/// A request that is being built.
pub struct Draft(Builder);

/// `GET path`
pub fn get(address: SocketAddr, path: &str) -> Draft {
    draft("GET", address, path)
}

/// `POST path`
pub fn post(address: SocketAddr, path: &str) -> Draft {
    draft("POST", address, path)
}

fn draft(method: &str, address: SocketAddr, path: &str) -> Draft {
    Draft(hyper::Request::builder().method(method).uri(path).header(HOST, address.to_string()))
}

impl Draft {
    /// With a header.
    pub fn header(self, name: &'static str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// With a bearer's token or session.
    pub fn bearer(self, token: &str) -> Self {
        Self(self.0.header(AUTHORIZATION, format!("Bearer {token}")))
    }

    /// With a client's id and secret (RFC 6749 section 2.3.1). Both are in an alphabet that needs no escapes.
    pub fn basic(self, id: &str, secret: &str) -> Self {
        Self(self.0.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))))
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> anyhow::Result<Request> {
        Self(self.0.header(CONTENT_TYPE, "application/json")).finish(Bytes::from(body.to_string()))
    }

    /// With a form.
    pub fn form(self, parameters: &[(&str, &str)]) -> anyhow::Result<Request> {
        let body = Bytes::from(encode(parameters));
        Self(self.0.header(CONTENT_TYPE, "application/x-www-form-urlencoded")).finish(body)
    }

    /// With this body, or an empty one.
    pub fn finish(self, body: Bytes) -> anyhow::Result<Request> {
        self.0.body(Full::new(body)).context("the request can not be built")
    }
}

/// Parameters of a form or a query.
pub fn encode(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}

/// Percent-encoding of everything that is not unreserved (RFC 3986 section 2.3).
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len() + 16);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
