//! `/v1/overseers/me/password`, and what somebody does who has forgotten theirs.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::account::confirm;
use crate::app::App;
use crate::crypto::sha256;
use crate::http::api::view::Done;
use crate::http::extract::{ClientAddress, JsonBody, OverseerCaller};
use crate::identity::fields::Email;
use crate::identity::letters::Letter;
use crate::identity::security_log::CalledFrom;
use crate::identity::{account_links, accounts, common_passwords};
use crate::refusal::{Code, Refusal};
use crate::secret::{Password, PlainToken};

/// A new password.
#[derive(Deserialize, JsonSchema)]
pub struct NewPassword {
    /// The one in force.
    password: Password,
    /// At least 8 characters, not commonly leaked.
    new_password: Password,
}

/// Whose password is forgotten.
#[derive(Deserialize, JsonSchema)]
pub struct Forgotten {
    email: String,
}

/// A new password, by a link.
#[derive(Deserialize, JsonSchema)]
pub struct Reset {
    /// As the link has it.
    token: String,
    /// At least 8 characters, not commonly leaked.
    new_password: Password,
}

/// `PUT /v1/overseers/me/password`
pub async fn set_password(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    caller: OverseerCaller,
    from: CalledFrom,
    JsonBody(body): JsonBody<NewPassword>,
) -> Result<Json<Done>, Refusal> {
    common_passwords::check(&body.new_password)?;
    let confirmed = confirm(&app, address, caller.clone(), body.password).await?;
    let hash = app.passwords.hash(body.new_password).await?;
    let kept = caller.credential();
    let letters = app.letters;
    let change = caller.write(&app, move |tx, overseer| {
        accounts::change_password(tx, overseer, (&confirmed, &hash), &kept, letters, &from)
    });
    change.await?;
    Ok(Done::json())
}

/// `POST /v1/overseers/forgotten-password`
pub async fn forgotten_password(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    from: CalledFrom,
    JsonBody(body): JsonBody<Forgotten>,
) -> Result<Json<Done>, Refusal> {
    forgotten(&app, address, &body.email, &from).await?;
    Ok(Done::json())
}

/// Has a link for a new password sent. Whether there is an account with the address, neither the answer nor its time tells: that
/// is looked up when the letter is sent.
pub async fn forgotten(app: &App, address: IpAddr, email: &str, from: &CalledFrom) -> Result<(), Refusal> {
    app.rate_limits.logins.check(&address)?;
    let email = Email::parse(email)?;
    if !app.letters.are_sent() {
        return Err(Code::NoMail.into());
    }
    let counted = format!("{} {}", Letter::ResetPassword.as_str(), email.as_str());
    if app.rate_limits.letters.check(&sha256(counted.as_bytes())).is_err() {
        // They have as many as they need, whoever asked for them.
        return Ok(());
    }
    let (letters, from) = (app.letters, from.clone());
    let write = app.db.write(move |tx| letters.write(tx, Letter::ResetPassword, email.as_str(), None, &from));
    Ok(write.await?)
}

/// `POST /v1/overseers/reset-password`
pub async fn reset_password(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    from: CalledFrom,
    JsonBody(body): JsonBody<Reset>,
) -> Result<Json<Done>, Refusal> {
    reset(&app, address, &body.token, body.new_password, &from).await?;
    Ok(Done::json())
}

/// Sets a new password by a link. Bounded as a login is: whoever has no link must not have passwords hashed.
pub async fn reset(
    app: &App,
    address: IpAddr,
    token: &str,
    password: Password,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    app.rate_limits.logins.check(&address)?;
    let token = PlainToken::parse(token).ok_or(Code::LinkExpired)?.hash();
    common_passwords::check(&password)?;
    let (sought, now) = (token.clone(), app.clock.now());
    app.db.read(move |tx| account_links::find_reset(tx, &sought, now)).await?;
    let (hash, letters, from) = (app.passwords.hash(password).await?, app.letters, from.clone());
    app.db.write(move |tx| account_links::reset(tx, &token, &hash, letters, &from)).await
}
