//! `/v1/overseers/me/email`: another e-mail address, and that the overseer reads what is sent to it.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::confirm;
use crate::app::App;
use crate::crypto::sha256;
use crate::db::schema::overseers::Overseer;
use crate::http::api::view::Done;
use crate::http::extract::{ClientAddress, JsonBody, OverseerCaller};
use crate::identity::accounts::{self, Confirmed};
use crate::identity::email_confirmation;
use crate::identity::fields::Email;
use crate::identity::letters::Letter;
use crate::identity::security_log::CalledFrom;
use crate::refusal::{Code, Refusal};
use crate::secret::{Password, PlainToken};

/// A new e-mail address.
#[derive(Deserialize, JsonSchema)]
pub struct NewEmail {
    email: String,
    /// The password in force.
    password: Password,
}

/// What came of it.
#[derive(Serialize, JsonSchema)]
pub struct EmailChange {
    success: bool,
    /// False: a letter with a link is on its way to the new address, and the address is changed when the link is followed.
    changed: bool,
}

/// What the link has.
#[derive(Deserialize, JsonSchema)]
pub struct Confirmation {
    token: String,
}

/// `PUT /v1/overseers/me/email`
pub async fn set_email(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    caller: OverseerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<NewEmail>,
) -> Result<Json<EmailChange>, Refusal> {
    let confirmed = confirm(&app, address, caller.clone(), body.password).await?;
    let changed = change(&app, caller, confirmed, &body.email, from).await?;
    Ok(Json(EmailChange { success: true, changed }))
}

/// Changes the address. Where mail is sent, only once its link is followed; false then.
pub async fn change(
    app: &App,
    caller: OverseerCaller,
    confirmed: Confirmed,
    email: &str,
    from: CalledFrom,
) -> Result<bool, Refusal> {
    let (email, kept, letters) = (Email::parse(email)?, caller.credential(), app.letters);
    let overseer_id = caller.clone().read(app, |_, overseer| Ok(overseer.id.to_string())).await?;
    bound(app, &overseer_id)?;
    bound(app, email.as_str())?;
    let change = caller.write(app, move |tx, overseer| {
        confirmed.then(overseer, || {
            if letters.are_sent() {
                return email_confirmation::ask(tx, overseer, email.as_str(), letters, &from);
            }
            accounts::change_email(tx, overseer, (&email, None), &kept, letters, &from)
        })
    });
    change.await?;
    Ok(!letters.are_sent())
}

/// `POST /v1/overseers/me/email/confirmation`
pub async fn ask(State(app): State<App>, caller: OverseerCaller, from: CalledFrom) -> Result<Json<Done>, Refusal> {
    send_link(&app, caller, from).await?;
    Ok(Done::json())
}

/// Has the link for the overseer's own address sent once more.
pub async fn send_link(app: &App, caller: OverseerCaller, from: CalledFrom) -> Result<(), Refusal> {
    let letters = app.letters;
    let unconfirmed_id =
        caller.clone().read(app, |_, overseer| unconfirmed(overseer).map(|_| overseer.id.to_string())).await?;
    if !letters.are_sent() {
        return Err(Code::NoMail.into());
    }
    bound(app, &unconfirmed_id)?;
    caller
        .write(app, move |tx, overseer| email_confirmation::ask(tx, overseer, unconfirmed(overseer)?, letters, &from))
        .await
}

/// The address that is to be confirmed.
fn unconfirmed(overseer: &Overseer) -> Result<&str, Refusal> {
    match (overseer.email_verified_at, &overseer.email) {
        (None, Some(email)) => Ok(email),
        (Some(_), _) | (_, None) => Err(Code::AlreadyConfirmed.into()),
    }
}

/// Nobody's mailbox is filled by somebody who gives its address. What others do to an address is counted apart from what its
/// overseer does, who is named by their id.
pub fn bound(app: &App, whom: &str) -> Result<(), Refusal> {
    if !app.letters.are_sent() {
        return Ok(());
    }
    app.rate_limits.letters.check(&sha256(format!("{} {whom}", Letter::ConfirmEmail.as_str()).as_bytes()))
}

/// `PUT /v1/overseers/me/email/confirmation`
pub async fn confirm_email(
    State(app): State<App>,
    caller: OverseerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<Confirmation>,
) -> Result<Json<Done>, Refusal> {
    follow(&app, caller, &body.token, from).await?;
    Ok(Done::json())
}

/// Uses the link of a letter.
pub async fn follow(app: &App, caller: OverseerCaller, token: &str, from: CalledFrom) -> Result<(), Refusal> {
    let token = PlainToken::parse(token).ok_or(Code::LinkExpired)?.hash();
    let (kept, letters) = (caller.credential(), app.letters);
    caller
        .write(app, move |tx, overseer| email_confirmation::confirm(tx, overseer, &token, &kept, letters, &from))
        .await
}
