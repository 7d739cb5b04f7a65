//! `/clients/{client_id}`: one application: how it is built in, and what its owner does with it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::chart::{Chart, first_day};
use super::moment::Moment;
use super::new_client::{Issued, lines, put_key};
use super::notice::Notice;
use super::shell::{Section, Shell};
use super::sign_in::is_for_the_person;
use super::visitor::{Visitor, VisitorPost, done};
use crate::app::App;
use crate::db::schema::authorization_days;
use crate::db::schema::oauth_clients::{AuthMethod, OauthClient};
use crate::http::api::clients::credentials::NewKey;
use crate::http::api::clients::view::ClientPath;
use crate::http::extract::At;
use crate::http::pages::{Page, PageError};
use crate::id::{ClientId, Owner};
use crate::identity::credentials::Principal;
use crate::oauth::clients::management::{self, Change};
use crate::oauth::clients::{metadata, registration};
use crate::refusal::{Code, Refusal};
use crate::secret::PlainToken;

/// The page.
#[derive(Template)]
#[template(path = "dashboard/client.html")]
struct ClientPage<'a> {
    shell: Shell<'a>,
    client: OauthClient,
    issuer: &'a str,
    registered: Moment,
    disabled: Option<Moment>,
    /// Whether the overseer themselves owns it; an agent's is for the agent to change.
    is_own: bool,
    has_secret: bool,
    chart: Chart,
    /// What the address field holds.
    redirect_uris: String,
}

/// What a form asks for, done.
enum Outcome {
    Done(String, Notice),
    NewSecret(Box<OauthClient>, String),
}

/// `GET /clients/{client_id}`
pub async fn page(State(app): State<App>, At(ClientPath { client_id }): At<ClientPath>, visitor: Visitor) -> Response {
    visitor.answer(&app, async |visitor| show(&app, visitor, &client_id, None).await).await
}

/// `POST /clients/{client_id}`
pub async fn act(State(app): State<App>, At(ClientPath { client_id }): At<ClientPath>, post: VisitorPost) -> Response {
    let act = async |visitor: &Visitor| match apply(&app, &post, &client_id).await {
        Ok(Outcome::Done(path, notice)) => Ok(done(&app, &path, notice)),
        Ok(Outcome::NewSecret(client, secret)) => {
            let (overseer, ()) = visitor.read(&app, |_, _| Ok(())).await?;
            let shell = visitor.shell(&app, Section::Clients, &overseer);
            let page =
                Issued { shell, title: "The application has a new secret", client: *client, secret: Some(secret) };
            Ok(Page::new(&page).into_response())
        }
        Err(refusal) if is_for_the_person(&refusal) => show(&app, visitor, &client_id, Some(refusal)).await,
        Err(refusal) => Err(refusal.into()),
    };
    post.visitor.answer(&app, act).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    client_id: &ClientId,
    refusal: Option<Refusal>,
) -> Result<Response, PageError> {
    let (id, now) = (client_id.clone(), app.clock.now());
    let read = visitor.read(app, move |tx, overseer| {
        let client = management::visible(tx, &Owner::Overseer(overseer.id.clone()), &id)?;
        Ok((client, authorization_days::of_client(tx, &id, first_day(now))?))
    });
    let (overseer, (client, counted)) = read.await?;
    let page = Page::new(&ClientPage {
        shell: visitor.shell(app, Section::Clients, &overseer).with_problem(refusal.as_ref()),
        issuer: &app.issuer,
        registered: Moment::new(client.created_at),
        disabled: client.disabled_at.map(Moment::new),
        is_own: client.owner() == Some(Owner::Overseer(overseer.id)),
        has_secret: registration::has_secret(client.token_endpoint_auth_method),
        chart: Chart::new(&counted, now),
        redirect_uris: client.redirect_uris.items().join("\n"),
        client,
    });
    Ok(refusal.iter().fold(page, Page::refused).into_response())
}

async fn apply(app: &App, post: &VisitorPost, client_id: &ClientId) -> Result<Outcome, Refusal> {
    let (visitor, from, id) = (&post.visitor, post.from.clone(), client_id.clone());
    let done = |notice| Ok(Outcome::Done(format!("/clients/{client_id}"), notice));
    match post.field("action") {
        "change" => {
            change(app, post, id).await?;
            done(Notice::Changed)
        }
        action @ ("disable" | "enable") => {
            let disabled = action == "disable";
            let (reason, tiers) = (metadata::reason(post.field("reason"))?, app.tiers.clone());
            let switch = visitor.write(app, move |tx, overseer| {
                let owner = Principal::Overseer(overseer.clone());
                management::set_disabled(tx, &owner, &id, (disabled, reason.as_deref()), &tiers, &from)
            });
            switch.await?;
            done(if disabled { Notice::Disabled } else { Notice::Enabled })
        }
        action @ ("mark" | "unmark") => {
            let marks = action == "mark";
            let mark =
                visitor.write(app, move |tx, overseer| management::mark_for_cancellation(tx, &overseer.id, &id, marks));
            mark.await?;
            done(if marks { Notice::Marked } else { Notice::Unmarked })
        }
        "key" => {
            set_key(app, post, id).await?;
            done(Notice::KeyReplaced)
        }
        "secret" => new_secret(app, post, id).await,
        "delete" => {
            let confirmed = post.confirm(app).await?;
            let delete = visitor.write(app, move |tx, overseer| {
                confirmed.then(overseer, || management::delete(tx, &Principal::Overseer(overseer.clone()), &id, &from))
            });
            delete.await?;
            Ok(Outcome::Done("/clients".to_owned(), Notice::ClientDeleted))
        }
        _ => Err(Code::InvalidField.because("The form does not say what to do.")),
    }
}

async fn change(app: &App, post: &VisitorPost, id: ClientId) -> Result<(), Refusal> {
    let change = Change {
        name: Some(post.field("name").to_owned()),
        redirect_uris: Some(lines(post.field("redirect_uris")).into_iter().map(str::to_owned).collect()),
        ..Change::default()
    };
    let (rules, from) = (app.clone(), post.from.clone());
    // Codes are sent to its addresses.
    let confirmed = post.confirm(app).await?;
    let change = post.visitor.write(app, move |tx, overseer| {
        let owner = Principal::Overseer(overseer.clone());
        confirmed.then(overseer, || management::change(tx, &owner, &id, &change, &rules.client_rules(), &from))
    });
    change.await.map(|_| ())
}

async fn set_key(app: &App, post: &VisitorPost, id: ClientId) -> Result<(), Refusal> {
    let mut body = json!({});
    put_key(&mut body, post.field("key"))?;
    let body: NewKey = serde_json::from_value(body).map_err(|_| Code::InvalidKey)?;
    let (keys, rules, from) = (body.keys()?, app.clone(), post.from.clone());
    let confirmed = post.confirm(app).await?;
    let replace = post.visitor.write(app, move |tx, overseer| {
        let owner = Principal::Overseer(overseer.clone());
        confirmed.then(overseer, || management::set_keys(tx, &owner, &id, &keys, &rules.client_rules(), &from))
    });
    replace.await.map(|_| ())
}

async fn new_secret(app: &App, post: &VisitorPost, id: ClientId) -> Result<Outcome, Refusal> {
    let confirmed = post.confirm(app).await?;
    let secret = PlainToken::generate(app.random);
    let (hash, from) = (secret.hash(), post.from.clone());
    let replace = post.visitor.write(app, move |tx, overseer| {
        let owner = Principal::Overseer(overseer.clone());
        confirmed.then(overseer, || management::set_secret(tx, &owner, &id, &hash, &from))
    });
    Ok(Outcome::NewSecret(Box::new(replace.await?), secret.expose().to_owned()))
}
