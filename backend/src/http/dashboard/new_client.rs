//! `/clients/new`: an application is registered. Its secret is shown in the answer, and never again.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::shell::{Section, Shell};
use super::sign_in::is_for_the_person;
use super::visitor::{Visitor, VisitorPost, refused};
use crate::app::App;
use crate::db::schema::oauth_clients::OauthClient;
use crate::http::api::clients::registration::{self, RegisterClient};
use crate::http::pages::{Page, PageError};
use crate::identity::credentials::Principal;
use crate::oauth::clients::registration as rules;
use crate::oauth::form::Form;
use crate::refusal::{Code, Refusal};

/// The form.
#[derive(Template)]
#[template(path = "dashboard/new_client.html")]
struct NewClient<'a> {
    shell: Shell<'a>,
    filled: Form,
}

/// What came of it.
#[derive(Template)]
#[template(path = "dashboard/issued_client.html")]
pub struct Issued<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// In a few words.
    pub title: &'static str,
    /// The client.
    pub client: OauthClient,
    /// Shown once.
    pub secret: Option<String>,
}

/// `GET /clients/new`
pub async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let empty = || Form::of(Vec::new());
    visitor.answer(&app, async |visitor| Ok(Page::new(&form(&app, visitor, empty()).await?).into_response())).await
}

/// `POST /clients/new`
pub async fn act(State(app): State<App>, post: VisitorPost) -> Response {
    let act = async |visitor: &Visitor| match register(&app, &post).await {
        Ok((client, secret)) => {
            let (overseer, ()) = visitor.read(&app, |_, _| Ok(())).await?;
            let shell = visitor.shell(&app, Section::Clients, &overseer);
            let page = Issued { shell, title: "The application is registered", client, secret };
            Ok(Page::new(&page).with_status(StatusCode::CREATED).into_response())
        }
        Err(refusal) if is_for_the_person(&refusal) => {
            let page = form(&app, visitor, post.form.clone()).await?;
            let shell = page.shell.with_problem(Some(&refusal));
            Ok(refused(&NewClient { shell, ..page }, &refusal))
        }
        Err(refusal) => Err(refusal.into()),
    };
    post.visitor.answer(&app, act).await
}

async fn form<'a>(app: &'a App, visitor: &Visitor, filled: Form) -> Result<NewClient<'a>, PageError> {
    let (overseer, ()) = visitor.read(app, |_, _| Ok(())).await?;
    Ok(NewClient { shell: visitor.shell(app, Section::Clients, &overseer), filled })
}

async fn register(app: &App, post: &VisitorPost) -> Result<(OauthClient, Option<String>), Refusal> {
    let (draft, secret) = registration::draft(app, metadata(&post.form)?)?;
    let (tiers, from) = (app.tiers.clone(), post.from.clone());
    let register = post.visitor.write(app, move |tx, overseer| {
        rules::register(tx, &Principal::Overseer(overseer.clone()), &draft, &tiers, &from)
    });
    let client = register.await?;
    registration::have_signing_keys(app, &client).await;
    let has_secret = client.client_secret_hash.is_some();
    Ok((client, has_secret.then(|| secret.expose().to_owned())))
}

/// The form, as the API takes it.
fn metadata(sent: &Form) -> Result<RegisterClient, Refusal> {
    let mut metadata = json!({
        "name": sent.get("name").unwrap_or_default(),
        "redirect_uris": lines(sent.get("redirect_uris").unwrap_or_default()),
        "scope": sent.get("scope"),
        "profile": sent.get("profile"),
    });
    match sent.get("kind") {
        Some("secret") => {}
        Some("public") => metadata["application_type"] = json!("native"),
        Some("key") => put_key(&mut metadata, sent.get("key").unwrap_or_default())?,
        Some(_) | None => return Err(Code::InvalidField.because("Say how the application shows who it is.")),
    }
    serde_json::from_value(metadata).map_err(|_| Code::InvalidField.into())
}

/// What somebody has typed where a key belongs: a key set, the address of one, or a single key.
pub fn put_key(metadata: &mut Value, typed: &str) -> Result<(), Refusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Code::InvalidKey.because("Give a public key, a JWK set, or the address of one."));
    }
    let (name, value) = match serde_json::from_str::<Value>(typed) {
        Ok(value) if value.get("keys").is_some() => ("jwks", value),
        Ok(value) if value.is_object() => ("jwks", json!({ "keys": [value] })),
        Ok(_) | Err(_) if typed.starts_with("https://") => ("jwks_uri", json!(typed)),
        Ok(_) | Err(_) => ("public_key", json!(typed)),
    };
    metadata[name] = value;
    Ok(())
}

/// One address a line.
pub fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}
