//! The part of the story with an application: it recognises the agent by plain OAuth, with a token bound to a key.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::Story;
use crate::cli::api_client::{Answer, Call};
use crate::cli::output::text_of;
use crate::crypto::base64url;
use crate::crypto::ed25519::SigningKey;
use crate::crypto::sha256;
use crate::random::Random;

pub(super) const REDIRECT_URI: &str = "https://app.example/callback";
const USERINFO: &str = "/v1/oauth/userinfo";

/// The application, and what it holds.
pub struct App {
    pub(super) id: String,
    secret: String,
    /// What its tokens are bound to.
    key: SigningKey,
    code: String,
    verifier: String,
    access_token: String,
    refresh_token: String,
}

impl Story {
    pub(super) fn app(&mut self) -> anyhow::Result<()> {
        let body = json!({ "name": "demo app", "redirect_uris": [REDIRECT_URI] });
        let answer = self.overseer("POST", "/v1/clients/register/overseer").json(&body).send()?.accept()?;
        let client = answer.get("client").unwrap_or(&Value::Null);
        self.app = Some(App {
            id: text_of(client, "id").to_owned(),
            secret: text_of(&answer, "client_secret").to_owned(),
            key: SigningKey::generate(Random::system()),
            code: String::new(),
            verifier: String::new(),
            access_token: String::new(),
            refresh_token: String::new(),
        });
        ensure!(!self.the_app()?.secret.is_empty(), "the app has no secret");
        Ok(())
    }

    pub(super) fn authorization(&mut self) -> anyhow::Result<()> {
        let verifier = base64url::encode(Random::system().bytes::<32>());
        let answer = self.authorize(&verifier)?.accept()?;
        ensure!(text_of(&answer, "iss") == self.server.issuer(), "the answer comes from another server");
        let code = text_of(&answer, "code").to_owned();
        let app = self.app.as_mut().context("there is no app")?;
        (app.code, app.verifier) = (code, verifier);
        Ok(())
    }

    pub(super) fn redemption(&mut self) -> anyhow::Result<()> {
        let app = self.the_app()?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", app.code.as_str()),
            ("code_verifier", app.verifier.as_str()),
        ];
        let answer = self.ask("/v1/oauth/token", &form)?.proof(&app.key).send()?.accept()?;
        ensure!(text_of(&answer, "token_type") == "DPoP", "the token is not bound");
        self.keep(&answer)
    }

    pub(super) fn recognition(&mut self) -> anyhow::Result<()> {
        let app = self.the_app()?;
        let bound = self.server.call("GET", USERINFO).bound_token(&app.access_token, &app.key).send()?.accept()?;
        ensure!(text_of(&bound, "sub") == self.agent()?.as_str(), "the app takes it for somebody else");
        let stolen = self.server.call("GET", USERINFO).session(&app.access_token).send()?;
        ensure!(stolen.status == 401, "the token is good without its key");
        Ok(())
    }

    pub(super) fn refresh(&mut self) -> anyhow::Result<()> {
        let app = self.the_app()?;
        let used = app.refresh_token.clone();
        let answer = self.refresh_with(&used, &app.key)?.accept()?;
        self.keep(&answer)?;
        let app = self.the_app()?;
        ensure!(app.refresh_token != used, "the refresh token is not a new one");
        // A thief has the old one, and no key of the app.
        let thief = self.refresh_with(&used, &SigningKey::generate(Random::system()))?;
        ensure!(text_of(&thief.json, "error") == "invalid_grant", "the old refresh token is good twice");
        let app = self.the_app()?;
        let ended = self.server.call("GET", USERINFO).bound_token(&app.access_token, &app.key).send()?;
        ensure!(text_of(&ended.json, "error") == "invalid_token", "the app's token goes on");
        ensure!(!self.app_is_told_active()?, "what came from the same authorization goes on");
        Ok(())
    }

    pub(super) fn block(&mut self) -> anyhow::Result<()> {
        self.authorization()?;
        self.redemption()?;
        let path = format!("/v1/overseers/agents/{}/block-client", self.agent()?);
        let body = json!({ "client_id": self.the_app()?.id });
        self.overseer("POST", &path).json(&body).send()?.accept()?;
        ensure!(!self.app_is_told_active()?, "the token is still active");
        let refused = self.authorize("never redeemed, for it is refused before that")?;
        ensure!(text_of(&refused.json, "error") == "access_denied", "the agent can still authorize the app");
        Ok(())
    }

    pub(super) fn revocation(&mut self) -> anyhow::Result<()> {
        let path = format!("/v1/overseers/agents/{}/block-client/{}", self.agent()?, self.the_app()?.id);
        self.overseer("DELETE", &path).send()?.accept()?;
        self.authorization()?;
        self.redemption()?;
        ensure!(self.app_is_told_active()?, "the token is not active");
        let token = self.the_app()?.refresh_token.clone();
        self.ask("/v1/oauth/revoke", &[("token", &token)])?.send()?.accept()?;
        ensure!(!self.app_is_told_active()?, "the token is still active");
        Ok(())
    }

    pub(super) fn the_app(&self) -> anyhow::Result<&App> {
        self.app.as_ref().context("there is no app")
    }

    fn authorize(&self, verifier: &str) -> anyhow::Result<Answer> {
        let request = json!({
            "client_id": self.the_app()?.id, "redirect_uri": REDIRECT_URI, "scope": "name overseer",
            "code_challenge": base64url::encode(sha256(verifier.as_bytes())), "code_challenge_method": "S256",
        });
        Ok(self.server.call("POST", "/v1/oauth/authorize").proof(&self.key).json(&request).send()?)
    }

    /// A form to an OAuth endpoint, with the app's secret.
    pub(super) fn ask(&self, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Call<'_>> {
        let app = self.the_app()?;
        Ok(self.server.call("POST", path).form(form).basic(&app.id, &app.secret))
    }

    fn refresh_with(&self, refresh_token: &str, key: &SigningKey) -> anyhow::Result<Answer> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        Ok(self.ask("/v1/oauth/token", &form)?.proof(key).send()?)
    }

    fn keep(&mut self, answer: &Value) -> anyhow::Result<()> {
        let app = self.app.as_mut().context("there is no app")?;
        app.access_token = text_of(answer, "access_token").to_owned();
        app.refresh_token = text_of(answer, "refresh_token").to_owned();
        Ok(())
    }

    fn app_is_told_active(&self) -> anyhow::Result<bool> {
        let token = self.the_app()?.access_token.clone();
        let answer = self.ask("/v1/oauth/introspect", &[("token", &token)])?.send()?.accept()?;
        answer.get("active").and_then(Value::as_bool).context("introspection says nothing")
    }
}
