//! `agentid client userinfo`, `introspect` and `revoke`: what an application does with a token.

use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::known::KnownClient;
use super::whose::Whose;
use crate::cli::output::{Output, fields};
use crate::cli::target::Target;

/// The longest token that is read from standard input, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Ask what the access token of the profile lets one know of its agent.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid client userinfo\n  agentid client userinfo --json | jq -r .sub")]
pub struct Userinfo {
    #[command(flatten)]
    whose: Whose,
}

/// Ask whether a token is good. The server tells it to the token's client and to the API that it is for.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client introspect
  echo \"$TOKEN\" | agentid client introspect -")]
pub struct Introspect {
    /// The token, or `-` for standard input, so that nobody sees it in the list of processes; else that of the profile.
    #[arg(value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

/// End the tokens of the profile, or another one of this client, and everything from the same authorization.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client revoke
  echo \"$TOKEN\" | agentid client revoke -")]
pub struct Revoke {
    /// The token, or `-` for standard input; else the refresh token of the profile.
    #[arg(value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

impl Userinfo {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut known = KnownClient::open(target, &self.whose)?;
        let token = known.tokens.access_token.clone();
        let token = token.context("the profile has no access token: run `agentid client exchange`")?;
        let key = known.tokens.is_bound.then(|| known.dpop_key()).transpose()?;
        let call = known.server(target)?.call("GET", "/v1/oauth/userinfo");
        let call = match &key {
            Some(key) => call.bound_token(&token, key),
            None => call.session(&token),
        };
        let answer = call.send()?.accept()?;
        output.print(&members(&answer), &answer);
        Ok(())
    }
}

impl Introspect {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let known = KnownClient::open(target, &self.whose)?;
        let token = given(self.token, known.tokens.access_token.clone())?;
        let call = known.call(&known.server(target)?, "/v1/oauth/introspect", &[("token", token.as_str())])?;
        let answer = call.send()?.accept()?;
        output.print(&members(&answer), &answer);
        Ok(())
    }
}

impl Revoke {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut known = KnownClient::open(target, &self.whose)?;
        let tokens = known.tokens.refresh_token.clone().or_else(|| known.tokens.access_token.clone());
        let is_own = self.token.is_none();
        let token = given(self.token, tokens)?;
        let call = known.call(&known.server(target)?, "/v1/oauth/revoke", &[("token", token.as_str())])?;
        call.send()?.accept()?;
        if is_own {
            known.tokens = super::known::Tokens::default();
            known.save(target)?;
        }
        // The server says nothing of a token that is another client's (RFC 7009 section 2.2), so no more is claimed here.
        let text = if is_own { "revoked" } else { "done: the token is ended, if it is one of this client's" };
        output.print(text, &json!({ "success": true }));
        Ok(())
    }
}

/// The token that is named, read or kept.
fn given(token: Option<String>, kept: Option<String>) -> anyhow::Result<String> {
    match token.as_deref() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
            Ok(text.trim().to_owned())
        }
        Some(token) => Ok(token.to_owned()),
        None => kept.context("which token? The profile has none: name one, or run `agentid client exchange`"),
    }
}

/// Every member of an answer, one a line.
fn members(answer: &Value) -> String {
    let members = answer.as_object();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members: Vec<(&str, String)> =
        members.into_iter().flatten().map(|(name, value)| (name.as_str(), text(value))).collect();
    let shown: Vec<(&str, Option<&str>)> = members.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
    fields(&shown)
}
