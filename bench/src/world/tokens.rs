//! Codes and tokens that a workload begins with.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::clients::{ASSERTION_TYPE, REDIRECT_URI};
use super::{Agent, World, text};
use crate::call::{self, Request};
use crate::load::Answer;
use crate::sign::{hash, unique};

/// Access tokens live 15 minutes; these are made anew before.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// What the code grant asks for: without `openid`, so that one token is signed, not two.
const SCOPE: &str = "id name";

/// To whom tokens were issued.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Each agent, one of its own.
    Agents,
    /// The client with a key, one for each agent.
    ClientWithKey,
    /// The client with a secret, one for each agent.
    ClientWithSecret,
}

/// Access tokens, in the order of the agents.
pub(super) struct Held {
    holder: Holder,
    since: Instant,
    tokens: Vec<String>,
}

/// A code and what redeems it.
pub struct Code {
    code: String,
    verifier: String,
}

impl World {
    /// One live access token for each agent.
    pub async fn access_tokens(&mut self, holder: Holder) -> anyhow::Result<Vec<String>> {
        self.held.retain(|held| held.since.elapsed() < FRESH);
        if let Some(held) = self.held.iter().find(|held| held.holder == holder) {
            return Ok(held.tokens.clone());
        }
        let requests: Vec<Request> = match holder {
            Holder::Agents => self.agents.iter().map(|agent| self.own_token(agent)).collect::<Result<_, _>>()?,
            Holder::ClientWithKey | Holder::ClientWithSecret => self.redemptions(holder, self.agents.len()).await?,
        };
        let answers = self.ask(requests).await?;
        let tokens = answers.iter().map(|answer| text(answer, "access_token")).collect::<Result<Vec<_>, _>>()?;
        self.held.push(Held { holder, since: Instant::now(), tokens: tokens.clone() });
        Ok(tokens)
    }

    /// A token in one call.
    pub fn own_token(&self, agent: &Agent) -> anyhow::Result<Request> {
        let assertion = agent.assertion();
        call::post(self.server.address, "/v1/oauth/token").form(&own_token_form(&assertion))
    }

    /// The same, bound to the agent's other key.
    pub fn own_bound_token(&self, agent: &Agent) -> anyhow::Result<Request> {
        let assertion = agent.assertion();
        let proof = agent.proof_key.proof("POST", &format!("{}/v1/oauth/token", crate::server::ISSUER));
        call::post(self.server.address, "/v1/oauth/token").header("dpop", &proof).form(&own_token_form(&assertion))
    }

    /// As many code exchanges, one code each. The agents authorize them now.
    pub async fn redemptions(&self, holder: Holder, count: usize) -> anyhow::Result<Vec<Request>> {
        let clients = self.clients()?;
        let client_id = match holder {
            Holder::ClientWithKey => &clients.with_key,
            Holder::ClientWithSecret => &clients.with_secret,
            Holder::Agents => anyhow::bail!("an agent redeems no code"),
        };
        let codes = self.codes(client_id, count).await?;
        codes.iter().map(|code| self.redemption(holder, code)).collect()
    }

    fn redemption(&self, holder: Holder, code: &Code) -> anyhow::Result<Request> {
        let clients = self.clients()?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", code.verifier.as_str()),
        ];
        if holder == Holder::ClientWithSecret {
            return clients.by_secret(&self.server, "/v1/oauth/token").form(&form);
        }
        self.by_key("/v1/oauth/token", &form)
    }

    /// A call of the client with a key.
    pub fn by_key(&self, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Request> {
        let assertion = self.clients()?.assertion();
        let more = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
        call::post(self.server.address, path).form(&[form, &more].concat())
    }

    async fn codes(&self, client_id: &str, count: usize) -> anyhow::Result<Vec<Code>> {
        let verifiers: Vec<String> = (0..count).map(|_| hash(&unique())).collect();
        let requests = verifiers.iter().zip(self.agents_in_turn()).map(|(verifier, agent)| {
            let body = json!({
                "client_id": client_id, "redirect_uri": REDIRECT_URI, "scope": SCOPE,
                "code_challenge": hash(verifier), "code_challenge_method": "S256",
            });
            agent.proven(&self.server, "/v1/oauth/authorize").json(&body)
        });
        let answers = self.ask(requests.collect::<Result<_, _>>()?).await?;
        let codes = verifiers.into_iter().zip(&answers);
        codes.map(|(verifier, answer)| Ok(Code { code: text(answer, "code")?, verifier })).collect()
    }

    /// Keeps the refresh tokens that a round's answers brought.
    pub fn learn(&mut self, answers: &[Answer]) -> anyhow::Result<()> {
        for answer in answers {
            self.refresh_tokens.push(refresh_token(&answer.body)?);
        }
        Ok(())
    }

    /// Takes `count` unused refresh tokens; what is missing comes from new codes.
    pub async fn take_refresh_tokens(&mut self, count: usize) -> anyhow::Result<Vec<String>> {
        let missing = count.saturating_sub(self.refresh_tokens.len());
        if missing > 0 {
            let answers = self.ask(self.redemptions(Holder::ClientWithKey, missing).await?).await?;
            for answer in &answers {
                self.refresh_tokens.push(text(answer, "refresh_token")?);
            }
        }
        let rest = self.refresh_tokens.split_off(count);
        Ok(std::mem::replace(&mut self.refresh_tokens, rest))
    }
}

fn refresh_token(body: &Bytes) -> anyhow::Result<String> {
    let answer: Value = serde_json::from_slice(body).context("an answer is no JSON")?;
    text(&answer, "refresh_token")
}

fn own_token_form(assertion: &str) -> [(&str, &str); 3] {
    [("grant_type", "client_credentials"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]
}
