//! Browsers in which agents have signed in, and the requests that a client sends them with.

use anyhow::{Context as _, bail};
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{LOCATION, SET_COOKIE};
use serde_json::{Value, json};

use super::clients::{ASSERTION_TYPE, REDIRECT_URI};
use super::{Agent, World, text};
use crate::call::{self, Draft, Request};
use crate::dance::{self, Dance};
use crate::load;
use crate::sign::{hash, unique};

/// How many; fewer than an address may begin in a minute.
const BROWSERS: usize = 48;
/// As OpenID Connect asks: two tokens are signed.
pub const SCOPE: &str = "openid id name";

/// A browser, by its cookies.
pub struct Browser(String);

impl Browser {
    /// As a header has them.
    pub fn cookies(&self) -> &str {
        &self.0
    }
}

impl World {
    /// As many authorizations that nobody is asked about, with what follows each.
    pub async fn dances(&mut self, count: usize) -> anyhow::Result<Vec<Request>> {
        self.sign_browsers_in().await?;
        let browsers = self.browsers.iter().cycle().take(count);
        browsers.map(|browser| self.dance(browser)).collect()
    }

    /// Signs the first agents in, each in a browser of its own, unless they are.
    pub async fn sign_browsers_in(&mut self) -> anyhow::Result<()> {
        while self.browsers.len() < BROWSERS.min(self.agents.len()) {
            let browser = self.sign_in(&self.agents[self.browsers.len()]).await?;
            self.browsers.push(browser);
        }
        Ok(())
    }

    fn dance(&self, browser: &Browser) -> anyhow::Result<Request> {
        let verifier = hash(&unique());
        let clients = self.clients()?;
        let form = [
            ("grant_type", "authorization_code"),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", verifier.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &clients.assertion()),
        ];
        let request = call::get(self.server.address, &authorization(&clients.with_key, &verifier));
        let mut request = request.header("cookie", &browser.0).finish(Bytes::new())?;
        request.extensions_mut().insert(Dance { address: self.server.address, redemption: call::encode(&form) });
        Ok(request)
    }

    /// The agent consents once by API, and signs in in a browser.
    async fn sign_in(&self, agent: &Agent) -> anyhow::Result<Browser> {
        let client_id = &self.clients()?.with_key;
        let verifier = hash(&unique());
        let consent = json!({
            "client_id": client_id, "redirect_uri": REDIRECT_URI, "scope": SCOPE,
            "code_challenge": hash(&verifier), "code_challenge_method": "S256",
        });
        self.ask(vec![agent.proven(&self.server, "/v1/oauth/authorize").json(&consent)?]).await?;

        let begun = self.send(call::get(self.server.address, &authorization(client_id, &verifier))).await?;
        let page_path = header(&begun, LOCATION.as_str())?;
        let browser = cookie(&begun)?;
        let page = self.send(call::get(self.server.address, &page_path).header("cookie", &browser)).await?;
        let page = String::from_utf8_lossy(page.body()).into_owned();
        let challenge = between(&page, "/v1/oauth/sign-in/", "<")?;
        let path = format!("/v1/oauth/sign-in/{challenge}");
        let text_to_sign = call::get(self.server.address, &format!("{path}/{}", agent.id)).finish(Bytes::new())?;
        let asked: Value = self.ask(vec![text_to_sign]).await?.pop().unwrap_or_default();
        let signature = agent.key.signature(&text(&asked, "challenge_data")?);
        let signed = json!({ "agent_id": agent.id, "signature": signature });
        self.ask(vec![call::post(self.server.address, &path).json(&signed)?]).await?;
        let form_token = between(&page, "name=\"form_token\" value=\"", "\"")?;
        let go_on = call::post(self.server.address, &page_path)
            .header("cookie", &browser)
            .header("sec-fetch-site", "same-origin")
            .form(&[("form_token", &form_token), ("action", "continue")])?;
        let session = cookie(&self.exchange(go_on).await?)?;
        Ok(Browser(format!("{browser}; {session}")))
    }

    pub(super) async fn send(&self, draft: Draft) -> anyhow::Result<Response<Bytes>> {
        self.exchange(draft.finish(Bytes::new())?).await
    }

    /// One request on a connection of its own.
    pub(super) async fn exchange(&self, request: Request) -> anyhow::Result<Response<Bytes>> {
        let mut sender = load::connect(self.server.address).await?;
        let answer = dance::answer(&mut sender, request).await.map_err(anyhow::Error::msg)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        if head.status.is_client_error() || head.status.is_server_error() {
            bail!("{}: {}", head.status, String::from_utf8_lossy(&body));
        }
        Ok(Response::from_parts(head, body))
    }
}

fn authorization(client_id: &str, verifier: &str) -> String {
    let parameters = [
        ("client_id", client_id),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", SCOPE),
        ("state", "a state"),
        ("nonce", "a nonce"),
        ("code_challenge", &hash(verifier)),
        ("code_challenge_method", "S256"),
    ];
    format!("/v1/oauth/authorize?{}", call::encode(&parameters))
}

fn header(answer: &Response<Bytes>, name: &str) -> anyhow::Result<String> {
    let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
    Ok(value.with_context(|| format!("an answer has no header `{name}`"))?.to_owned())
}

/// The cookie that an answer sets, without its attributes.
pub(super) fn cookie(answer: &Response<Bytes>) -> anyhow::Result<String> {
    let cookie = header(answer, SET_COOKIE.as_str())?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

pub(super) fn between(text: &str, before: &str, after: &str) -> anyhow::Result<String> {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    Ok(found.with_context(|| format!("the page has no `{before}`"))?.0.to_owned())
}
