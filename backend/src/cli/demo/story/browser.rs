//! The part of the story in a browser: an application signs the agent in with OpenID Connect.

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value, json};

use super::Story;
use super::app::REDIRECT_URI;
use crate::cli::agent::sign_in;
use crate::cli::api_client::Answer;
use crate::cli::output::text_of;
use crate::crypto::{base64url, sha256};
use crate::random::Random;

const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// Cookies, as a browser keeps them.
#[derive(Default)]
struct Browser(Vec<String>);

impl Story {
    /// The page shows a challenge, the agent signs it, the page goes on; the app gets an id token.
    pub(super) fn sign_in(&mut self) -> anyhow::Result<()> {
        let mut browser = Browser::default();
        let (verifier, nonce) =
            (base64url::encode(Random::system().bytes::<32>()), base64url::encode(Random::system().bytes::<16>()));
        let request = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.the_app()?.id)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("response_type", "code")
            .append_pair("scope", "openid name")
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &base64url::encode(sha256(verifier.as_bytes())))
            .append_pair("code_challenge_method", "S256")
            .finish();
        let begun = self.open(&mut browser, &format!("/v1/oauth/authorize?{request}"))?;
        let address = begun.header("location").context("the browser is sent nowhere")?.to_owned();
        let page = self.open(&mut browser, &address)?;
        let challenge_id = between(page.text(), "/v1/oauth/sign-in/", "<")?;
        let (_, signature) = sign_in::sign(&self.server, self.agent()?, self.key.as_ref(), &challenge_id)?;
        sign_in::send(&self.server, self.agent()?, &challenge_id, &signature)?;
        let signed_in = self.post(&mut browser, &address, page.text(), "continue", &[])?;
        let next = signed_in.header("location").context("the page does not go on")?.to_owned();
        let consent = self.open(&mut browser, &next)?;
        let agent_id = self.agent()?.to_string();
        let allowed = self.post(&mut browser, &address, consent.text(), "allow", &[("agent_id", &agent_id)])?;
        let code = between(allowed.header("location").unwrap_or_default(), "code=", "&")?;
        let form =
            [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", verifier.as_str())];
        let tokens = self.ask("/v1/oauth/token", &form)?.send()?.accept()?;
        let claims = claims(text_of(&tokens, "id_token"))?;
        ensure!(claims.get("sub") == Some(&json!(agent_id)), "the app takes it for somebody else");
        ensure!(claims.get("nonce") == Some(&json!(nonce)), "the id token belongs to another request");
        ensure!(claims.get("amr") == Some(&json!(["pop"])), "the id token does not say that the key was proved");
        Ok(())
    }

    fn open(&self, browser: &mut Browser, path: &str) -> anyhow::Result<Answer> {
        let answer = self.server.call("GET", path).header("cookie", &browser.0.join("; ")).send()?;
        browser.keep(&answer);
        Ok(answer)
    }

    /// Sends a form of the page.
    fn post(
        &self,
        browser: &mut Browser,
        path: &str,
        page: &str,
        action: &str,
        more: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let token = between(page, "name=\"form_token\" value=\"", "\"")?;
        let form = [&[("form_token", token.as_str()), ("action", action)], more].concat();
        let call = self.server.call("POST", path).form(&form).header("cookie", &browser.0.join("; "));
        let answer = call.header(SAME_ORIGIN.0, SAME_ORIGIN.1).send()?;
        browser.keep(&answer);
        Ok(answer)
    }
}

impl Browser {
    fn keep(&mut self, answer: &Answer) {
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        self.0.extend(cookie.map(str::to_owned));
    }
}

fn claims(jwt: &str) -> anyhow::Result<Map<String, Value>> {
    let claims = jwt.split('.').nth(1).and_then(base64url::decode).context("there is no id token")?;
    Ok(serde_json::from_slice(&claims)?)
}

fn between(text: &str, before: &str, after: &str) -> anyhow::Result<String> {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    Ok(found.with_context(|| format!("there is no `{before}` in what the browser got"))?.0.to_owned())
}
