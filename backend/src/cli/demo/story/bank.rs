//! The part of the story with an application that is held to the FAPI 2.0 Security Profile: it signs, it pushes its requests, and
//! whatever it gets is bound to its key.

use agentid_client::Key;
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::Story;
use crate::cli::api_client::{Answer, Call};
use crate::cli::output::text_of;
use crate::crypto::{base64url, sha256};
use crate::oauth::client_assertion::ASSERTION_TYPE;
use crate::random::Random;

const REDIRECT_URI: &str = "https://bank.example/callback";

/// The application, and what it holds.
pub struct Bank {
    id: String,
    /// What it authenticates with, and what its tokens are bound to.
    key: Key,
    reference: String,
    verifier: String,
    refresh_token: String,
}

impl Story {
    pub(super) fn bank(&mut self) -> anyhow::Result<()> {
        let key = Key::generate();
        let body = json!({
            "name": "demo bank", "redirect_uris": [REDIRECT_URI], "public_key": key.public_key(), "profile": "fapi2",
        });
        let answer = self.overseer("POST", "/v1/clients/register/overseer").json(&body).send()?.accept()?;
        let client = answer.get("client").unwrap_or(&Value::Null);
        ensure!(client["require_pushed_authorization_requests"] == true, "the bank may ask without a push");
        let id = text_of(client, "id").to_owned();
        let verifier = base64url::encode(Random::system().bytes::<32>());
        self.bank = Some(Bank { id, key, verifier, reference: String::new(), refresh_token: String::new() });
        Ok(())
    }

    pub(super) fn push(&mut self) -> anyhow::Result<()> {
        let bank = self.the_bank()?;
        let challenge = base64url::encode(sha256(bank.verifier.as_bytes()));
        let request = [
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "name overseer"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let pushed = self.as_bank("/v1/oauth/par", &request)?.proof(&bank.key).send()?.accept()?;
        self.bank.as_mut().context("there is no bank")?.reference = text_of(&pushed, "request_uri").to_owned();
        Ok(())
    }

    pub(super) fn reference(&mut self) -> anyhow::Result<()> {
        let bank = self.the_bank()?;
        let request = json!({ "client_id": bank.id, "request_uri": bank.reference });
        let authorize = || self.server.call("POST", "/v1/oauth/authorize").proof(&self.key).json(&request).send();
        let code = text_of(&authorize()?.accept()?, "code").to_owned();
        ensure!(text_of(&authorize()?.json, "error") == "invalid_request_uri", "the reference is good twice");
        let form =
            [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", bank.verifier.as_str())];
        let answer = self.as_bank("/v1/oauth/token", &form)?.proof(&bank.key).send()?.accept()?;
        ensure!(text_of(&answer, "token_type") == "DPoP", "the token is not bound");
        self.bank.as_mut().context("there is no bank")?.refresh_token = text_of(&answer, "refresh_token").to_owned();
        Ok(())
    }

    pub(super) fn kept_refresh(&mut self) -> anyhow::Result<()> {
        let bank = self.the_bank()?;
        for _ in 0..2 {
            let answer = self.refresh_bank(&bank.key)?.accept()?;
            ensure!(answer.get("refresh_token").is_none(), "the refresh token was rotated");
        }
        let thief = self.refresh_bank(&Key::generate())?;
        ensure!(text_of(&thief.json, "error") == "invalid_grant", "the refresh token is good with another key");
        Ok(())
    }

    fn the_bank(&self) -> anyhow::Result<&Bank> {
        self.bank.as_ref().context("there is no bank")
    }

    /// A form to an OAuth endpoint, with an assertion of the bank's.
    fn as_bank(&self, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Call<'_>> {
        let bank = self.the_bank()?;
        let assertion = bank.key.assertion(&bank.id, self.server.issuer());
        let mut form = form.to_vec();
        form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion)]);
        Ok(self.server.call("POST", path).form(&form))
    }

    fn refresh_bank(&self, key: &Key) -> anyhow::Result<Answer> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", self.the_bank()?.refresh_token.as_str())];
        Ok(self.as_bank("/v1/oauth/token", &form)?.proof(key).send()?)
    }
}
