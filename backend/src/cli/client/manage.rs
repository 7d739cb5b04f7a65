//! `agentid client list`, `update`, `disable`, `enable`, `rotate-secret`, `rotate-key` and `delete`: what an owner does.

use agentid_client::http::text_of;
use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::{Map, Value, json};

use super::known::KnownClient;
use super::owner::{Owner, OwnerType};
use super::{client_id, client_text};
use crate::cli::confirm::confirm;
use crate::cli::output::{Output, fields};
use crate::cli::target::Target;
use crate::crypto::ed25519::SigningKey;
use crate::id::ClientId;
use crate::random::Random;

/// List the applications of an owner.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client list
  agentid client list --as agent --json | jq -r '.clients[].id'")]
pub struct List {
    /// Whose; else those of the overseer who is logged in, else those of the agent of the profile.
    #[arg(long = "as", value_name = "OWNER")]
    owner: Option<OwnerType>,
}

/// Which application, and as whom.
#[derive(Args)]
struct Which {
    /// The client; else that of the profile.
    #[arg(value_name = "CLIENT_ID", value_parser = client_id)]
    client: Option<ClientId>,
    /// As whom; else as whoever registered it.
    #[arg(long = "as", value_name = "OWNER")]
    owner: Option<OwnerType>,
}

/// Change an application: what is left out stays.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid client update --name 'My application'
  agentid client update 019ab4c1-… --redirect-uri https://app.example/a --redirect-uri https://app.example/b
  agentid client update --scope 'id name'")]
pub struct Update {
    #[command(flatten)]
    which: Which,
    /// What people call it.
    #[arg(long)]
    name: Option<String>,
    /// All its redirect URIs, anew; may repeat.
    #[arg(long = "redirect-uri", value_name = "URL")]
    redirect_uris: Vec<String>,
    /// What it may ask for, space-separated.
    #[arg(long, conflicts_with = "any_scope")]
    scope: Option<String>,
    /// Let it ask for anything.
    #[arg(long)]
    any_scope: bool,
    /// All its grants, anew; may repeat.
    #[arg(long = "grant", value_name = "GRANT_TYPE")]
    grants: Vec<String>,
    /// All its resources, anew; may repeat.
    #[arg(long = "resource", value_name = "URL")]
    resources: Vec<String>,
    /// Whether it gets tokens only with a DPoP proof.
    #[arg(long, value_name = "true|false")]
    dpop: Option<bool>,
}

/// Switch an application off: what it holds ends at once.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid client disable --reason 'its secret leaked'")]
pub struct Disable {
    #[command(flatten)]
    which: Which,
    /// For those who look at it later.
    #[arg(long)]
    reason: Option<String>,
}

/// Switch an application on again. What was ended stays ended.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid client enable")]
pub struct Enable {
    #[command(flatten)]
    which: Which,
}

/// Give an application a new secret. The old one is worth nothing from then on.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid client rotate-secret")]
pub struct RotateSecret {
    #[command(flatten)]
    which: Which,
}

/// Give the application of the profile a new key. The old one is worth nothing from then on.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid client rotate-key")]
pub struct RotateKey {}

/// Delete an application and everything that it holds.
#[derive(Args)]
#[command(after_help = "Examples:\n  agentid client delete\n  agentid client delete 019ab4c1-… --yes")]
pub struct Delete {
    #[command(flatten)]
    which: Which,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// An application that was found, and its owner.
struct Found {
    owner: Owner,
    id: String,
    /// What the profile knows, if it is the profile's.
    known: Option<KnownClient>,
}

impl Which {
    fn find(&self, target: &Target) -> anyhow::Result<Found> {
        let known = KnownClient::find(target)?;
        let id = self.client.as_ref().map(ClientId::to_string).or_else(|| Some(known.as_ref()?.client_id.clone()));
        let id = id.context("which client? Name its id, or register one with `agentid client register`")?;
        let known = known.filter(|known| known.client_id == id);
        let wish = self.owner.or_else(|| known.as_ref()?.owner_wish());
        Ok(Found { owner: Owner::open(target, wish)?, id, known })
    }
}

impl Found {
    fn path(&self, rest: &str) -> String {
        format!("/v1/clients/{}{rest}", self.id)
    }
}

impl List {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let owner = Owner::open(target, self.owner)?;
        let path = format!("/v1/clients/list/{}", owner.owner_type());
        let answer = owner.call("GET", &path).send()?.accept()?;
        let clients = answer.get("clients").and_then(Value::as_array);
        let mut text: String = clients.into_iter().flatten().map(|client| client_text(client) + "\n").collect();
        if text.is_empty() {
            text.push_str("there is no client yet: agentid client register");
        }
        output.print(&text, &answer);
        Ok(())
    }
}

impl Update {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let found = self.which.find(target)?;
        let list = |items: &[String]| (!items.is_empty()).then(|| json!(items));
        let scope = self.scope.as_ref().map(|scope| json!(scope));
        let members = [
            ("name", self.name.as_ref().map(|name| json!(name))),
            ("redirect_uris", list(&self.redirect_uris)),
            ("scope", scope.or_else(|| self.any_scope.then_some(Value::Null))),
            ("grant_types", list(&self.grants)),
            ("resources", list(&self.resources)),
            ("dpop_bound_access_tokens", self.dpop.map(|dpop| json!(dpop))),
        ];
        let change: Map<String, Value> =
            members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        ensure!(!change.is_empty(), "nothing is to change: say what, such as --name 'My application'");
        let answer = found.owner.call("PATCH", &found.path("")).json(&Value::Object(change)).send()?.accept()?;
        print(&answer, output);
        Ok(())
    }
}

impl Disable {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        disable(&self.which, true, self.reason.as_deref(), target, output)
    }
}

impl Enable {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        disable(&self.which, false, None, target, output)
    }
}

fn disable(which: &Which, disabled: bool, reason: Option<&str>, target: &Target, output: Output) -> anyhow::Result<()> {
    let found = which.find(target)?;
    let body = json!({ "disabled": disabled, "reason": reason });
    let answer = found.owner.call("PUT", &found.path("/disabled")).json(&body).send()?.accept()?;
    print(&answer, output);
    Ok(())
}

impl RotateSecret {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let found = self.which.find(target)?;
        let answer = found.owner.call("POST", &found.path("/secret")).send()?.accept()?;
        let secret = text_of(&answer, "client_secret").to_owned();
        if let Some(known) = found.known {
            KnownClient { secret: Some(secret.clone()), ..known }.save(target)?;
        }
        output
            .print(&format!("{secret}\nThe secret is shown only now. The old one is worth nothing any more."), &answer);
        Ok(())
    }
}

impl RotateKey {
    /// Does it. The new key is kept beside the old one before the server hears of it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let known = KnownClient::find(target)?;
        let mut known = known.context("this profile has no client: run `agentid client register`")?;
        let owner = Owner::open(target, known.owner_wish())?;
        let pem = match &known.next_key {
            Some(pem) => pem.clone(),
            None => SigningKey::generate(Random::system()).to_pkcs8_pem().as_str().to_owned(),
        };
        known.next_key = Some(pem.clone());
        known.save(target)?;
        let public_key = super::known::signing_key(&pem)?.public_key().to_base64url();
        let path = format!("/v1/clients/{}/key", known.client_id);
        let answer = owner.call("PUT", &path).json(&json!({ "public_key": public_key })).send()?.accept()?;
        KnownClient { key: Some(pem), next_key: None, ..known }.save(target)?;
        print(&answer, output);
        Ok(())
    }
}

impl Delete {
    /// Does it.
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let found = self.which.find(target)?;
        confirm(&format!("Delete the client {} and everything that it holds?", found.id), self.yes)?;
        let answer = found.owner.call("DELETE", &found.path("")).send()?.accept()?;
        if found.known.is_some() {
            KnownClient::forget(target)?;
        }
        output.print(&fields(&[("deleted", Some(&found.id))]), &answer);
        Ok(())
    }
}

fn print(answer: &Value, output: Output) {
    output.print(&client_text(answer.get("client").unwrap_or(&Value::Null)), answer);
}
