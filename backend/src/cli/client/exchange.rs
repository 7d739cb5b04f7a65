//! `agentid client exchange`, `refresh` and `token`: how an application gets tokens. What the server gave is on disk
//! before it is printed, for a refresh token that is lost is a login that is lost.

use agentid_client::http::text_of;
use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use super::known::{KnownClient, Tokens};
use super::whose::Whose;
use crate::cli::output::{Output, fields};
use crate::cli::target::Target;

/// Redeem an authorization code.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client exchange --code CODE --verifier VERIFIER
  agentid client exchange --code CODE --verifier VERIFIER --dpop
  agentid client exchange --code CODE --verifier VERIFIER --resource https://api.example

An API that takes the token must check that `aud` is itself.")]
pub struct Exchange {
    /// The code that the agent gave.
    #[arg(long, allow_hyphen_values = true)]
    code: String,
    /// The verifier that its challenge was made from.
    #[arg(long, allow_hyphen_values = true)]
    verifier: String,
    /// As in the authorization request; may be left out.
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<String>,
    #[command(flatten)]
    wish: Wish,
    #[command(flatten)]
    whose: Whose,
}

/// Use the refresh token that the profile keeps, and keep the next one.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client refresh
  agentid client refresh --scope id

An API that takes the token must check that `aud` is itself.")]
pub struct Refresh {
    #[command(flatten)]
    wish: Wish,
    #[command(flatten)]
    whose: Whose,
}

/// Get a token of the application's own. It is no agent's: `entity_type` says `client`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client token --resource https://api.example

An API that takes the token must check that `aud` is itself.")]
pub struct OwnToken {
    #[command(flatten)]
    wish: Wish,
    #[command(flatten)]
    whose: Whose,
}

/// What the token shall be.
#[derive(Args)]
struct Wish {
    /// Less than what was granted, space-separated.
    #[arg(long)]
    scope: Option<String>,
    /// The API that the token is for; may repeat.
    #[arg(long = "resource", value_name = "URL")]
    resources: Vec<String>,
    /// Bind the token to a key of the profile (RFC 9449), so that it is worth nothing to a thief.
    #[arg(long)]
    dpop: bool,
}

impl Exchange {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", &self.code), ("code_verifier", &self.verifier)];
        form.extend(self.redirect_uri.as_deref().map(|uri| ("redirect_uri", uri)));
        get(KnownClient::open(target, &self.whose)?, &form, &self.wish, target, output)
    }
}

impl Refresh {
    /// Does it. A bound token stays bound.
    pub fn run(mut self, target: &Target, output: Output) -> anyhow::Result<()> {
        let known = KnownClient::open(target, &self.whose)?;
        self.wish.dpop |= known.tokens.is_bound;
        let refresh_token = known.tokens.refresh_token.clone();
        let refresh_token = refresh_token.context("the profile has no refresh token: run `agentid client exchange`")?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
        get(known, &form, &self.wish, target, output)
    }
}

impl OwnToken {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let known = KnownClient::open(target, &self.whose)?;
        let answer = request(&mut { known }, &[("grant_type", "client_credentials")], &self.wish, target)?;
        output.print(text_of(&answer, "access_token"), &answer);
        Ok(())
    }
}

fn get(
    mut known: KnownClient,
    form: &[(&str, &str)],
    wish: &Wish,
    target: &Target,
    output: Output,
) -> anyhow::Result<()> {
    let answer = request(&mut known, form, wish, target)?;
    let text = |name: &str| Some(text_of(&answer, name).to_owned()).filter(|text| !text.is_empty());
    // RFC 6749 section 6: without a new one the one that was used stays good.
    let used = form.iter().find(|(name, _)| *name == "refresh_token").map(|(_, token)| (*token).to_owned());
    known.tokens = Tokens {
        access_token: text("access_token"),
        is_bound: text_of(&answer, "token_type") == "DPoP",
        refresh_token: text("refresh_token").or(used),
    };
    known.save(target)?;
    let seconds = answer.get("expires_in").map(|seconds| format!("{seconds} s"));
    output.print(
        &fields(&[
            ("access token", text("access_token").as_deref()),
            ("type", text("token_type").as_deref()),
            ("good for", seconds.as_deref()),
            ("scope", text("scope").as_deref()),
            ("refresh token", text("refresh_token").as_deref()),
        ]),
        &answer,
    );
    Ok(())
}

fn request(known: &mut KnownClient, form: &[(&str, &str)], wish: &Wish, target: &Target) -> anyhow::Result<Value> {
    let mut form = form.to_vec();
    form.extend(wish.scope.as_deref().map(|scope| ("scope", scope)));
    form.extend(wish.resources.iter().map(|resource| ("resource", resource.as_str())));
    known.ask(target, "/v1/oauth/token", &form, wish.dpop)
}
