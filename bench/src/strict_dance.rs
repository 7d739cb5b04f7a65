//! What a client of the strict profile does to recognise an agent that has consented before: it pushes its request, a browser
//! brings the reference, the client redeems the code, first without the nonce that the server wants in its proof, and asks who
//! it is. One unit of load with five requests, two of which are signed meanwhile, for only then the nonce is known.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use serde_json::Value;

use crate::call::{self, Request};
use crate::dance::{answer, code_of, read, success};
use crate::server::ISSUER;
use crate::sign::Key;

const TOKEN: &str = "/v1/oauth/token";
const USERINFO: &str = "/v1/oauth/userinfo";

/// What follows a pushed request. It travels in the extensions of the request.
#[derive(Clone)]
pub struct StrictDance {
    /// The server.
    pub address: SocketAddr,
    /// The client.
    pub client_id: String,
    /// The browser's cookies.
    pub cookies: String,
    /// The client's form without its code.
    pub redemption: String,
    /// What the token is bound to.
    pub key: Arc<Key>,
    /// Without a nonce.
    pub first_proof: String,
}

impl StrictDance {
    /// All five; the body of the last.
    pub async fn run(self, sender: &mut SendRequest<Full<Bytes>>, request: Request) -> Result<Bytes, String> {
        let pushed = json(&success(answer(sender, request).await?).await?)?;
        let query = [("client_id", self.client_id.as_str()), ("request_uri", text(&pushed, "request_uri"))];
        let visit = call::get(self.address, &format!("/v1/oauth/authorize?{}", call::encode(&query)));
        let visit = visit.header("cookie", &self.cookies).finish(Bytes::new()).map_err(in_words)?;
        let authorized = answer(sender, visit).await?;
        let code = code_of(&authorized)?;
        read(authorized).await?;
        let form = Bytes::from(format!("{}&code={code}", self.redemption));

        let refused = answer(sender, self.redeem(&form, &self.first_proof)?).await?;
        if refused.status() != StatusCode::BAD_REQUEST {
            return Err(format!("{} without a nonce", refused.status()));
        }
        let nonce = refused.headers().get("dpop-nonce").and_then(|nonce| nonce.to_str().ok());
        let nonce = nonce.ok_or("no nonce")?.to_owned();
        read(refused).await?;
        let proof = self.key.proof_with("POST", &format!("{ISSUER}{TOKEN}"), None, Some(&nonce));
        let tokens = json(&success(answer(sender, self.redeem(&form, &proof)?).await?).await?)?;

        let token = text(&tokens, "access_token");
        let proof = self.key.proof_with("GET", &format!("{ISSUER}{USERINFO}"), Some(token), Some(&nonce));
        let ask = call::get(self.address, USERINFO).header("authorization", &format!("DPoP {token}"));
        let ask = ask.header("dpop", &proof).finish(Bytes::new()).map_err(in_words)?;
        success(answer(sender, ask).await?).await
    }

    fn redeem(&self, form: &Bytes, proof: &str) -> Result<Request, String> {
        let draft = call::post(self.address, TOKEN).header("content-type", "application/x-www-form-urlencoded");
        draft.header("dpop", proof).finish(form.clone()).map_err(in_words)
    }
}

fn json(body: &Bytes) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn in_words(error: anyhow::Error) -> String {
    error.to_string()
}
