//! The story, step by step. A step makes its calls and checks what came of them; the screen shows the
//! calls afterwards. To add a step, write its function and a line in [`STEPS`].

mod app;
mod bank;
mod browser;
mod payment;

use std::sync::mpsc::{Receiver, channel};

use agentid_client::registration::register;
use agentid_client::{CallError, Key, Token, TokenRequest};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::paddle::StandIn;
use super::screen::Screen;
use crate::cli::agent::rotate_key;
use crate::cli::api_client::{Answer, Call, Exchange, Server};
use crate::cli::output::{Output, text_of};
use crate::clock::Clock;
use crate::id::AgentId;
use crate::oauth::client_assertion::ASSERTION_TYPE;

/// What a step does.
type Play = fn(&mut Story) -> anyhow::Result<()>;

/// Title, the fields that matter, and what is done.
const STEPS: &[(&str, &[&str], Play)] = &[
    ("Anybody can see what the server does", &["issuer", "token_endpoint", "grant_types_supported"], Story::discovery),
    (
        "An agent registers: its key is its identity, there is no secret to share",
        &["name", "public_key", "signature", "agent/id"],
        Story::registration,
    ),
    ("A human makes an account", &["email", "overseer/id"], Story::account),
    ("She asks to answer for the agent", &["agent_id", "challenge_id", "expires_at"], Story::claim),
    ("The agent agrees to her, by a request signed with its key", &["overseer_id", "status"], Story::consent),
    (
        "One call, and the agent has a token for one API",
        &["grant_type", "resource", "token_type", "expires_in", "access_token"],
        Story::own_token,
    ),
    ("The API verifies it offline and lets the agent in", &["welcome", "overseen", "scope"], Story::visit),
    ("A token for another API is worth nothing here", &["resource", "error_description"], Story::foreign_token),
    ("The server says that the token is good", &["active", "aud", "overseen"], Story::introspection),
    ("The agent's history says who got what", &["requests/0/resource", "requests/0/status"], Story::history),
    (
        "The overseer stops the agent: one call ends everything",
        &["ended/access_tokens", "ended/sessions", "offline_until", "took_ms"],
        Story::stop,
    ),
    ("It gets nothing any more, and what it had is ended", &["error", "active"], Story::while_stopped),
    ("She lets it act again", &["success", "resource", "welcome"], Story::resume),
    ("An app registers: it recognises agents by plain OAuth", &["redirect_uris", "client/id"], Story::app),
    (
        "The agent lets the app know it, and needs no browser for that",
        &["client_id", "code_challenge_method", "scope", "iss"],
        Story::authorization,
    ),
    (
        "The app redeems the code with a proof of its key: the token is bound to it",
        &["grant_type", "token_type", "access_token", "refresh_token"],
        Story::redemption,
    ),
    (
        "With the key it tells the app who the agent is, without it nothing",
        &["sub", "name", "error"],
        Story::recognition,
    ),
    (
        "The app refreshes; the old refresh token in a thief's hands ends them all",
        &["grant_type", "token_type", "error", "active"],
        Story::refresh,
    ),
    (
        "The overseer blocks the app: what it holds is ended, and it gets nothing new",
        &["token_type", "success", "active", "error"],
        Story::block,
    ),
    (
        "She lifts the block; the app gets a token, and revokes it when it is done",
        &["token_type", "active"],
        Story::revocation,
    ),
    (
        "The app signs the agent in with OpenID Connect: the agent signs what the page in the browser shows",
        &["challenge_data", "signature", "success", "scope", "id_token"],
        Story::sign_in,
    ),
    (
        "A bank's app wants the strict profile, FAPI 2.0: it signs, pushes its requests, and its tokens are bound",
        &["profile", "client/dpop_bound_access_tokens", "client/require_pushed_authorization_requests"],
        Story::bank,
    ),
    ("It sends its request itself, and gets a reference to it", &["scope", "request_uri", "expires_in"], Story::push),
    (
        "The agent brings the reference, which is good once; the bank redeems the code with the same key",
        &["request_uri", "scope", "error", "token_type"],
        Story::reference,
    ),
    (
        "Its refresh token is kept, and worth nothing without the bank's key",
        &["grant_type", "token_type", "error"],
        Story::kept_refresh,
    ),
    ("The agent changes its key", &["old_public_key", "new_public_key", "agent/public_key"], Story::rotation),
    ("The old key is worth nothing, the new one works", &["error", "welcome"], Story::after_rotation),
    (
        "She has one agent, which is what her tier allows; for more she pays, here at a stand-in for Paddle",
        &["code", "target_tier", "checkout_url", "tier", "max_agents", "subscription/status"],
        Story::payment,
    ),
    (
        "The payment fails later: she keeps what she has for a while. Then she cancels, and it ends with the period",
        &["tier", "subscription/status", "subscription/cancels_at"],
        Story::end_of_payment,
    ),
    (
        "Somebody without an account pays for an agent that nobody answers for. It agrees, and its limits are lifted for 30 days",
        &["shadow_overseer_id", "overseer_id", "checkout_url", "status", "overseer/shadow", "overseer/until"],
        Story::shadow_claim,
    ),
    (
        "Her security log says what was done, and from where",
        &["events/0/kind", "events/0/address", "events/1/kind"],
        Story::security_log,
    ),
];

/// Somebody else's API, which never hears of this.
const OTHER_API: &str = "https://other-api.example";

/// What has come about so far.
struct Story {
    server: Server,
    api: Server,
    key: Key,
    old_key: Option<Key>,
    agent_id: Option<AgentId>,
    /// The overseer's password.
    password: String,
    /// The overseer's session.
    session: String,
    overseer_id: String,
    claim: String,
    /// For the API.
    token: String,
    app: Option<app::App>,
    bank: Option<bank::Bank>,
    paddle: StandIn,
}

/// Plays all steps; the error names the first that did not go as told.
pub fn play(server: Server, api: Server, paddle: StandIn, password: String, output: Output) -> anyhow::Result<()> {
    let (watcher, exchanges) = channel();
    let mut screen = Screen::new(output, server.issuer());
    screen.begin(api.issuer());
    let mut story = Story {
        server: server.watched_by(watcher.clone()),
        api: api.watched_by(watcher),
        key: Key::generate(),
        old_key: None,
        agent_id: None,
        password,
        session: String::new(),
        overseer_id: String::new(),
        claim: String::new(),
        token: String::new(),
        app: None,
        bank: None,
        paddle,
    };
    for (number, (title, shown, play)) in (1..).zip(STEPS) {
        screen.title(title);
        let played = play(&mut story);
        show(&mut screen, &exchanges, shown);
        played.with_context(|| format!("step {number} ({title})"))?;
    }
    screen.end(story.api.issuer());
    Ok(())
}

fn show(screen: &mut Screen, exchanges: &Receiver<Exchange>, shown: &[&str]) {
    for exchange in exchanges.try_iter() {
        screen.exchange(&exchange, shown);
    }
}

impl Story {
    fn discovery(&mut self) -> anyhow::Result<()> {
        let document = self.server.call("GET", "/.well-known/openid-configuration").send()?.accept()?;
        ensure!(text_of(&document, "issuer") == self.server.issuer(), "the issuer is another one");
        Ok(())
    }

    fn registration(&mut self) -> anyhow::Result<()> {
        let answer = register(&self.server, self.key.as_ref(), "demo agent", None, &Clock::system())?;
        let agent = answer.get("agent").unwrap_or(&Value::Null);
        self.agent_id = AgentId::parse(text_of(agent, "id"));
        ensure!(text_of(agent, "public_key") == self.key.public_key(), "the agent has another key");
        Ok(())
    }

    fn account(&mut self) -> anyhow::Result<()> {
        let body = json!({ "name": "Ada", "email": "ada@example.org", "password": self.password });
        let answer = self.server.call("POST", "/v1/overseers/register").json(&body).send()?.accept()?;
        self.session = text_of(&answer, "session_id").to_owned();
        self.overseer_id = text_of(answer.get("overseer").unwrap_or(&Value::Null), "id").to_owned();
        ensure!(!self.session.is_empty(), "there is no session");
        Ok(())
    }

    fn claim(&mut self) -> anyhow::Result<()> {
        let body = json!({ "agent_id": self.agent()? });
        let answer = self.overseer("POST", "/v1/agents/claim/initiate").json(&body).send()?.accept()?;
        self.claim = text_of(&answer, "challenge_id").to_owned();
        ensure!(text_of(&answer, "overseer_id") == self.overseer_id, "the claim is another overseer's");
        Ok(())
    }

    fn consent(&mut self) -> anyhow::Result<()> {
        let path = format!("/v1/agents/claim/complete/{}", self.claim);
        let consent = self.server.call("POST", &path).proof(&self.key);
        let answer = consent.json(&json!({ "overseer_id": self.overseer_id })).send()?.accept()?;
        ensure!(text_of(&answer, "status") == "completed", "the claim is not completed");
        Ok(())
    }

    fn own_token(&mut self) -> anyhow::Result<()> {
        self.token = self.token_for(self.api.issuer())?;
        Ok(())
    }

    fn visit(&mut self) -> anyhow::Result<()> {
        let answer = self.knock(&self.token)?.accept()?;
        ensure!(text_of(&answer, "welcome") == self.agent()?.as_str(), "the API takes it for somebody else");
        ensure!(answer.get("overseen") == Some(&json!(true)), "the token does not say that somebody answers for it");
        Ok(())
    }

    fn foreign_token(&mut self) -> anyhow::Result<()> {
        let foreign = self.token_for(OTHER_API)?;
        let answer = self.knock(&foreign)?;
        ensure!(answer.status == 401, "the API has let it in");
        ensure!(text_of(&answer.json, "error_description").contains("`aud`"), "it is refused for another reason");
        Ok(())
    }

    fn introspection(&mut self) -> anyhow::Result<()> {
        ensure!(self.is_active()?, "the token is not active");
        Ok(())
    }

    fn history(&mut self) -> anyhow::Result<()> {
        let history = self.server.call("GET", "/v1/agents/me/oauth-history").proof(&self.key).send()?.accept()?;
        let requests = history.get("requests").and_then(Value::as_array).context("there is no history")?;
        let resources: Vec<&str> = requests.iter().map(|request| text_of(request, "resource")).collect();
        ensure!(resources.contains(&self.api.issuer()) && resources.contains(&OTHER_API), "a token is missing");
        Ok(())
    }

    fn security_log(&mut self) -> anyhow::Result<()> {
        let log = self.overseer("GET", "/v1/overseers/me/security-log").send()?.accept()?;
        let events = log.get("events").and_then(Value::as_array).context("there is no log")?;
        let has = |kind: &str| events.iter().any(|event| text_of(event, "kind") == kind);
        let expected = ["signed_in", "claim_accepted", "agent_stopped", "client_blocked", "agent_key_changed"];
        ensure!(expected.into_iter().all(has), "a line is missing");
        Ok(())
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        let path = self.stop_path()?;
        let receipt = self.overseer("POST", &path).send()?.accept()?;
        ensure!(receipt.pointer("/ended/access_tokens") == Some(&json!(2)), "it has not ended both tokens");
        Ok(())
    }

    fn while_stopped(&mut self) -> anyhow::Result<()> {
        self.must_get_no_token(&self.key, "unauthorized_client")?;
        ensure!(!self.is_active()?, "the token is still active");
        Ok(())
    }

    fn resume(&mut self) -> anyhow::Result<()> {
        let path = self.stop_path()?;
        self.overseer("DELETE", &path).send()?.accept()?;
        self.own_token()?;
        self.visit()
    }

    fn rotation(&mut self) -> anyhow::Result<()> {
        let new_key = Key::generate();
        let answer = rotate_key::rotate(&self.server, self.agent()?, self.key.as_ref(), new_key.as_ref())?;
        let current = answer.pointer("/agent/public_key").and_then(Value::as_str);
        ensure!(current == Some(&new_key.public_key()), "the agent has another key");
        self.old_key = Some(std::mem::replace(&mut self.key, new_key));
        Ok(())
    }

    fn after_rotation(&mut self) -> anyhow::Result<()> {
        let old_key = self.old_key.as_ref().context("there is no old key")?;
        self.must_get_no_token(old_key, "invalid_client")?;
        self.own_token()?;
        self.visit()
    }

    fn agent(&self) -> anyhow::Result<&AgentId> {
        self.agent_id.as_ref().context("the agent has no id")
    }

    fn overseer(&self, method: &'static str, path: &str) -> Call<'_> {
        self.server.call(method, path).session(&self.session)
    }

    fn stop_path(&self) -> anyhow::Result<String> {
        Ok(format!("/v1/overseers/agents/{}/stop", self.agent()?))
    }

    fn token_for(&self, resource: &str) -> anyhow::Result<String> {
        Ok(self.request_token(&self.key, resource)??.as_str().to_owned())
    }

    fn must_get_no_token(&self, key: &Key, code: &str) -> anyhow::Result<()> {
        let failure = self.request_token(key, self.api.issuer())?.err().context("the agent got a token")?;
        ensure!(failure.code() == code, "it is refused for another reason: {failure}");
        Ok(())
    }

    fn request_token(&self, key: &Key, resource: &str) -> anyhow::Result<Result<Token, CallError>> {
        let request = TokenRequest::for_resources(&[resource]);
        Ok(request.send(&self.server, self.agent()?.as_str(), key, &Clock::system()))
    }

    /// Calls the API.
    fn knock(&self, token: &str) -> anyhow::Result<Answer> {
        Ok(self.api.call("GET", "/").session(token).send()?)
    }

    fn is_active(&self) -> anyhow::Result<bool> {
        let assertion = self.key.assertion(self.agent()?.as_str(), self.server.issuer());
        let form = [
            ("token", self.token.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &assertion),
        ];
        let answer = self.server.call("POST", "/v1/oauth/introspect").form(&form).send()?.accept()?;
        answer.get("active").and_then(Value::as_bool).context("introspection says nothing")
    }
}
