//! `agentid client register`: an application comes to be.

use std::path::{Path, PathBuf};

use agentid_client::http::text_of;
use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::client_text;
use super::known::KnownClient;
use super::owner::{Owner, OwnerType};
use crate::cli::output::Output;
use crate::cli::target::Target;
use crate::crypto::ed25519::{PublicKey, SigningKey};
use crate::random::Random;

/// Register an application.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client register --name my-app --redirect-uri https://app.example/callback
  agentid client register --name my-app --redirect-uri https://app.example/callback --new-key
  agentid client register --name my-app --redirect-uri https://app.example/callback --public-key ~/.ssh/id_ed25519.pub
  agentid client register --name my-cli --redirect-uri http://127.0.0.1/callback --native
  agentid client register --name my-api --redirect-uri https://api.example/callback --resource https://api.example
  agentid client register --name my-bank --redirect-uri https://bank.example/callback --fapi2

With `--new-key` a key is made and kept, and the application signs. `--public-key` takes an OpenSSH line or base64url. A secret is printed once, and kept for the other commands.")]
pub struct Register {
    /// What people call it, 1 to 100 characters.
    #[arg(long)]
    name: String,
    /// Where agents may be sent back to; may repeat.
    #[arg(long = "redirect-uri", value_name = "URL")]
    redirect_uris: Vec<String>,
    /// Whose it is; else the overseer who is logged in, else the agent of the profile.
    #[arg(long = "as", value_name = "OWNER")]
    owner: Option<OwnerType>,
    /// How it authenticates: private_key_jwt, client_secret_basic, client_secret_post or none.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// Register this public key, whose private half stays where it is: later commands take it by --key.
    #[arg(long, value_name = "FILE", conflicts_with = "new_key")]
    public_key: Option<PathBuf>,
    /// Make a key and keep it, as `--method private_key_jwt` does.
    #[arg(long)]
    new_key: bool,
    /// Where the application publishes its keys instead.
    #[arg(long, value_name = "URL", conflicts_with_all = ["new_key", "public_key"])]
    jwks_uri: Option<String>,
    /// It runs on its user's machine, and can not keep a secret.
    #[arg(long)]
    native: bool,
    /// What it may ask for, space-separated; anything when left out.
    #[arg(long)]
    scope: Option<String>,
    /// A grant that it may use; may repeat. All that its method allows when left out.
    #[arg(long = "grant", value_name = "GRANT_TYPE")]
    grants: Vec<String>,
    /// An API whose tokens it may introspect; may repeat.
    #[arg(long = "resource", value_name = "URL")]
    resources: Vec<String>,
    /// Let it get tokens only with a DPoP proof.
    #[arg(long)]
    dpop: bool,
    /// Let it ask only for what it has pushed (`agentid client push`).
    #[arg(long)]
    push_only: bool,
    /// Hold it, and the server towards it, to the FAPI 2.0 Security Profile: it signs, pushes, and gets bound tokens.
    #[arg(long)]
    fapi2: bool,
    /// Where it is told that an agent is signed out.
    #[arg(long, value_name = "URL")]
    backchannel_logout_uri: Option<String>,
    /// Take the place of the application that the profile knows, which goes on to exist.
    #[arg(long)]
    replace: bool,
}

impl Register {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let lock = KnownClient::reserve(target, self.replace)?;
        let owner = Owner::open(target, self.owner)?;
        let public_key = self.public_key.as_deref().map(read_public_key).transpose()?;
        let is_signing = self.new_key || self.fapi2 || self.method.as_deref() == Some("private_key_jwt");
        let key = (is_signing && public_key.is_none() && self.jwks_uri.is_none())
            .then(|| SigningKey::generate(Random::system()));
        let public_key = public_key.or_else(|| key.as_ref().map(SigningKey::public_key));
        let path = format!("/v1/clients/register/{}", owner.owner_type());
        let mut answer = owner.call("POST", &path).json(&self.body(public_key.as_ref())).send()?.accept()?;
        let client = answer.get("client").context("the server did not say what the client is")?;
        let known = KnownClient {
            server: owner.server().issuer().to_owned(),
            owner_type: Some(owner.owner_type().to_owned()),
            secret: answer.get("client_secret").and_then(Value::as_str).map(str::to_owned),
            key: key.map(|key| key.to_pkcs8_pem().as_str().to_owned()),
            _lock: Some(lock),
            ..KnownClient::new(text_of(client, "id"), text_of(client, "token_endpoint_auth_method"))
        };
        known.save(target)?;
        let mut text = client_text(client);
        if let Some(secret) = &known.secret {
            text.push_str(&format!("secret            {secret}\nThe secret is shown only now.\n"));
        }
        if let Some(members) = answer.as_object_mut() {
            members.insert("success".into(), json!(true));
        }
        output.print(&text, &answer);
        Ok(())
    }

    fn body(&self, public_key: Option<&PublicKey>) -> Value {
        let mut body = json!({ "name": self.name, "redirect_uris": self.redirect_uris });
        let public_key = public_key.map(|key| json!(key.to_base64url()));
        let grants = (!self.grants.is_empty()).then(|| json!(self.grants));
        let resources = (!self.resources.is_empty()).then(|| json!(self.resources));
        let members = [
            ("public_key", public_key),
            ("token_endpoint_auth_method", self.method.as_ref().map(|method| json!(method))),
            ("application_type", self.native.then(|| json!("native"))),
            ("scope", self.scope.as_ref().map(|scope| json!(scope))),
            ("grant_types", grants),
            ("resources", resources),
            ("dpop_bound_access_tokens", self.dpop.then_some(json!(true))),
            ("require_pushed_authorization_requests", self.push_only.then_some(json!(true))),
            ("profile", self.fapi2.then(|| json!("fapi2"))),
            ("jwks_uri", self.jwks_uri.as_ref().map(|uri| json!(uri))),
            ("backchannel_logout_uri", self.backchannel_logout_uri.as_ref().map(|uri| json!(uri))),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        body
    }
}

/// Reads a public key's file. It is understood here, so that a private key, which people do mix up, is not sent anywhere.
fn read_public_key(path: &Path) -> anyhow::Result<PublicKey> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    PublicKey::parse(text.trim()).with_context(|| path.display().to_string())
}
