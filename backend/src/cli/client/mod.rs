//! `agentid client`: what an application does: be registered, recognise agents, get and use tokens.

mod ask;
mod exchange;
mod known;
mod manage;
mod owner;
mod push;
mod register;
mod whose;

use agentid_client::http::text_of;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{Output, fields};
use super::target::Target;
use crate::crypto::{base64url, sha256};
use crate::id::ClientId;
use crate::random::Random;

/// Be an application: register, redeem codes, refresh, ask about tokens.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client register --name my-app --redirect-uri https://app.example/callback
  agentid client pkce
  agentid client exchange --code CODE --verifier VERIFIER
  agentid client userinfo
  AGENTID_CLIENT_SECRET=… agentid client introspect - --client-id 019ab4c1-… --profile api

What the application needs lies in $XDG_DATA_HOME/agentid/clients/NAME.json, else below ~/.local/share, for you alone.")]
pub struct Client {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Register(register::Register),
    List(manage::List),
    Update(manage::Update),
    Disable(manage::Disable),
    Enable(manage::Enable),
    RotateSecret(manage::RotateSecret),
    RotateKey(manage::RotateKey),
    Delete(manage::Delete),
    Pkce(Pkce),
    Push(push::Push),
    Exchange(exchange::Exchange),
    Refresh(exchange::Refresh),
    Token(exchange::OwnToken),
    Userinfo(ask::Userinfo),
    Introspect(ask::Introspect),
    Revoke(ask::Revoke),
}

/// Make a PKCE verifier and its challenge (RFC 7636).
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client pkce
  agentid client pkce --json | jq -r .code_challenge

The challenge goes into the authorization request; the verifier stays with the application until it redeems the code.")]
struct Pkce {}

impl Client {
    /// Does it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let target = self.target;
        match self.command {
            Command::Register(command) => command.run(&target, output),
            Command::List(command) => command.run(&target, output),
            Command::Update(command) => command.run(&target, output),
            Command::Disable(command) => command.run(&target, output),
            Command::Enable(command) => command.run(&target, output),
            Command::RotateSecret(command) => command.run(&target, output),
            Command::RotateKey(command) => command.run(&target, output),
            Command::Delete(command) => command.run(&target, output),
            Command::Pkce(command) => {
                command.run(output);
                Ok(())
            }
            Command::Push(command) => command.run(&target, output),
            Command::Exchange(command) => command.run(&target, output),
            Command::Refresh(command) => command.run(&target, output),
            Command::Token(command) => command.run(&target, output),
            Command::Userinfo(command) => command.run(&target, output),
            Command::Introspect(command) => command.run(&target, output),
            Command::Revoke(command) => command.run(&target, output),
        }
    }
}

impl Pkce {
    fn run(self, output: Output) {
        let verifier = base64url::encode(Random::system().bytes::<32>());
        let challenge = base64url::encode(sha256(verifier.as_bytes()));
        let text = fields(&[("verifier", Some(&verifier)), ("challenge", Some(&challenge))]);
        let value = json!({
            "code_verifier": verifier, "code_challenge": challenge, "code_challenge_method": "S256",
        });
        output.print(&text, &value);
    }
}

/// Reads a client's id from the command line.
pub fn client_id(text: &str) -> Result<ClientId, &'static str> {
    ClientId::parse(text).ok_or("an id is a UUID in lower case")
}

/// A client as people see it.
fn client_text(client: &Value) -> String {
    let text = |name| Some(text_of(client, name)).filter(|text| !text.is_empty());
    let joined = |name: &str| {
        let items = client.get(name).and_then(Value::as_array);
        let items: Vec<&str> = items.into_iter().flatten().filter_map(Value::as_str).collect();
        Some(items.join(" ")).filter(|text| !text.is_empty())
    };
    let (redirects, grants, resources) = (joined("redirect_uris"), joined("grant_types"), joined("resources"));
    fields(&[
        ("client", text("id")),
        ("name", text("name")),
        ("authenticates by", text("token_endpoint_auth_method")),
        ("redirect URIs", redirects.as_deref()),
        ("grants", grants.as_deref()),
        ("scope", text("scope").or(Some("any"))),
        ("resources", resources.as_deref()),
        ("public key", text("public_key")),
        ("keys at", text("jwks_uri")),
        ("profile", text("profile")),
        ("told of logouts at", text("backchannel_logout_uri")),
        ("disabled", text("disabled_at")),
        ("because", text("disabled_reason")),
    ])
}
