//! A client of the strict profile, and the server as it is for such clients: it wants a nonce in each proof.

use std::sync::Arc;

use anyhow::Context as _;
use hyper::body::Bytes;
use serde_json::json;

use super::browsers::{Browser, SCOPE};
use super::clients::{ASSERTION_TYPE, REDIRECT_URI, try_register};
use super::{Agent, World, text};
use crate::bench::Bench;
use crate::call::{self, Request};
use crate::server::{Data, ISSUER};
use crate::sign::{Key, hash, unique};
use crate::strict_dance::StrictDance;

const PAR: &str = "/v1/oauth/par";
/// What this takes beyond the usual settings. Nothing else is measured with it: most proofs are signed before a nonce is known.
const SETTINGS: [&str; 2] = ["oauth.dpop_nonce=required", "limits.pushed_requests_per_minute=0"];

/// The client.
pub struct Strict {
    id: String,
    key: Arc<Key>,
}

impl World {
    /// Registers the client, lets agents consent to it, and starts the server anew with other settings. Nothing happens
    /// where there is no such profile.
    pub async fn become_strict(&mut self, bench: &Bench, data: &Data) -> anyhow::Result<()> {
        if !self.has("pushed_authorization_request_endpoint") {
            return Ok(());
        }
        let key = Arc::new(Key::generate()?);
        let owner = self.agents.first().context("there are no agents")?;
        let more = json!({ "public_key": key.public(), "profile": "fapi2", "application_type": "native" });
        let answer = try_register(&self.server, owner, &more).await?.context("no strict client can be registered")?;
        let strict = Strict { id: text(answer.get("client").context("no client")?, "id")?, key };
        self.sign_browsers_in().await?;
        for agent in self.agents.iter().take(self.browsers.len()) {
            self.consent(&strict, agent).await?;
        }
        self.strict = Some(strict);
        // For a moment both run on the same database.
        let server = data.serve_with(&bench.binary, bench.cores.server, &SETTINGS)?;
        std::mem::replace(&mut self.server, server).stop()?;
        Ok(())
    }

    async fn consent(&self, strict: &Strict, agent: &Agent) -> anyhow::Result<()> {
        let pushed = self.ask(vec![self.push(strict, &hash(&unique()))?]).await?.pop().unwrap_or_default();
        let body = json!({ "client_id": strict.id, "request_uri": text(&pushed, "request_uri")? });
        self.ask(vec![agent.proven(&self.server, "/v1/oauth/authorize").json(&body)?]).await?;
        Ok(())
    }

    /// As many sign-ins that nobody is asked about.
    pub fn strict_dances(&self, count: usize) -> anyhow::Result<Vec<Request>> {
        let strict = self.strict.as_ref().context("there is no strict client")?;
        self.browsers.iter().cycle().take(count).map(|browser| self.strict_dance(strict, browser)).collect()
    }

    fn strict_dance(&self, strict: &Strict, browser: &Browser) -> anyhow::Result<Request> {
        let verifier = hash(&unique());
        let mut request = self.push(strict, &verifier)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", verifier.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &strict.key.assertion(&strict.id, ISSUER)),
        ];
        request.extensions_mut().insert(StrictDance {
            address: self.server.address,
            client_id: strict.id.clone(),
            cookies: browser.cookies().to_owned(),
            redemption: call::encode(&form),
            key: Arc::clone(&strict.key),
            first_proof: strict.key.proof("POST", &format!("{ISSUER}/v1/oauth/token")),
        });
        Ok(request)
    }

    fn push(&self, strict: &Strict, verifier: &str) -> anyhow::Result<Request> {
        let form = [
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", SCOPE),
            ("state", "a state"),
            ("nonce", "a nonce"),
            ("code_challenge", &hash(verifier)),
            ("code_challenge_method", "S256"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &strict.key.assertion(&strict.id, ISSUER)),
        ];
        call::post(self.server.address, PAR)
            .header("content-type", "application/x-www-form-urlencoded")
            .finish(Bytes::from(call::encode(&form)))
    }
}
