//! What a browser and a client do to recognise an agent that has consented before: authorize, redeem, ask who it is. Each
//! step needs the answer to the one before, so it is one unit of load with three requests.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::LOCATION;
use hyper::{Response, StatusCode};
use serde_json::Value;

use crate::call::{self, Request};

/// What follows an authorization request. It travels in the extensions of the request.
#[derive(Clone)]
pub struct Dance {
    /// The server.
    pub address: SocketAddr,
    /// The client's form without its code.
    pub redemption: String,
}

impl Dance {
    /// All three; the body of the last.
    pub async fn run(self, sender: &mut SendRequest<Full<Bytes>>, request: Request) -> Result<Bytes, String> {
        let authorized = answer(sender, request).await?;
        let code = code_of(&authorized)?;
        read(authorized).await?;
        let form = Bytes::from(format!("{}&code={code}", self.redemption));
        let redeem = call::post(self.address, "/v1/oauth/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .finish(form);
        let tokens = success(answer(sender, redeem.map_err(|error| error.to_string())?).await?).await?;
        let tokens: Value = serde_json::from_slice(&tokens).map_err(|error| error.to_string())?;
        let token = tokens.get("access_token").and_then(Value::as_str).unwrap_or_default();
        let ask = call::get(self.address, "/v1/oauth/userinfo").bearer(token).finish(Bytes::new());
        success(answer(sender, ask.map_err(|error| error.to_string())?).await?).await
    }
}

/// The code that a browser is sent on with.
pub fn code_of(authorized: &Response<Incoming>) -> Result<String, String> {
    let location = authorized.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let code = location.split_once("code=").and_then(|(_, rest)| rest.split('&').next());
    Ok(code.ok_or_else(|| format!("{}: {location}", authorized.status()))?.to_owned())
}

/// Sends one request.
pub async fn answer(sender: &mut SendRequest<Full<Bytes>>, request: Request) -> Result<Response<Incoming>, String> {
    let broken = |error: hyper::Error| format!("connection: {error}");
    sender.ready().await.map_err(broken)?;
    sender.send_request(request).await.map_err(broken)
}

/// The body of a success; anything else in words.
pub async fn success(answer: Response<Incoming>) -> Result<Bytes, String> {
    let status: StatusCode = answer.status();
    let body = read(answer).await?;
    if status.is_success() { Ok(body) } else { Err(format!("{status}: {}", String::from_utf8_lossy(&body))) }
}

/// The body, whatever the status.
pub async fn read(answer: Response<Incoming>) -> Result<Bytes, String> {
    Ok(answer.into_body().collect().await.map_err(|error| format!("connection: {error}"))?.to_bytes())
}
