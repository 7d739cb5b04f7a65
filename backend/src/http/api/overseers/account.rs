//! `/v1/overseers/register`, `login`, `logout` and `me`.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::crypto::sha256;
use crate::db::schema::overseers as rows;
use crate::http::api::view::{Done, OverseerView};
use crate::http::error::Created;
use crate::http::extract::{ClientAddress, JsonBody, OverseerCaller};
use crate::id::OverseerId;
use crate::identity::accounts::Confirmed;
use crate::identity::fields::{Email, Name};
use crate::identity::security_log::{self, CalledFrom};
use crate::identity::{common_passwords, overseers, sessions};
use crate::refusal::{Code, Refusal};
use crate::secret::{Password, PlainToken};

/// A new account.
#[derive(Deserialize, JsonSchema)]
pub struct Register {
    /// 1 to 100 characters.
    name: String,
    email: String,
    /// At least 8 characters, not commonly leaked.
    password: Password,
}

/// Who logs in.
#[derive(Deserialize, JsonSchema)]
pub struct Login {
    email: String,
    password: Password,
}

/// An overseer who has just logged in.
#[derive(Serialize, JsonSchema)]
pub struct OverseerSession {
    success: bool,
    overseer: OverseerView,
    /// The session, for `Authorization: Bearer`.
    session_id: String,
    /// Seconds, from the last use on.
    expires_in: i64,
}

/// An overseer.
#[derive(Serialize, JsonSchema)]
pub struct OneOverseer {
    /// The overseer.
    pub overseer: OverseerView,
}

/// `POST /v1/overseers/register`
pub async fn register(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    from: CalledFrom,
    JsonBody(body): JsonBody<Register>,
) -> Result<Created<OverseerSession>, Refusal> {
    let overseer = new_overseer(&app, address, &body.name, &body.email, body.password).await?;
    let session = PlainToken::generate(app.random);
    let answer = logged_in(&overseer, session.expose().to_owned());
    let letters = app.letters;
    app.db.write(move |tx| overseers::register(tx, &overseer, &session, letters, &from)).await?;
    Ok(Created(answer))
}

/// An account that may be stored. Bounded by address.
pub async fn new_overseer(
    app: &App,
    address: IpAddr,
    name: &str,
    email: &str,
    password: Password,
) -> Result<rows::Overseer, Refusal> {
    app.rate_limits.registrations.check(&address)?;
    let (name, email) = (Name::parse(name)?, Email::parse(email)?);
    super::email::bound(app, email.as_str())?;
    common_passwords::check(&password)?;
    let password_hash = app.passwords.hash(password).await?;
    let id = OverseerId::new(&app.clock, app.random);
    Ok(overseers::new(id, name, &email, password_hash, app.clock.now()))
}

/// `POST /v1/overseers/login`
pub async fn login(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    from: CalledFrom,
    JsonBody(body): JsonBody<Login>,
) -> Result<Json<OverseerSession>, Refusal> {
    let (id, hash) = check_password(&app, address, &from, &body.email, body.password).await?;
    let session = PlainToken::generate(app.random);
    let session_id = session.expose().to_owned();
    let overseer = app.db.write(move |tx| overseers::log_in(tx, &id, &hash, &session, &from)).await?;
    Ok(Json(logged_in(&overseer, session_id)))
}

/// Whose e-mail address and password these are, and the hash that the password was checked against. Bounded by address
/// and by account; whether an account exists, neither the answer nor its time tells.
///
/// Strangers share the tries at an account. Where its owner has signed in from before, tries are counted apart, so that
/// nobody locks them out by guessing from elsewhere.
pub async fn check_password(
    app: &App,
    address: IpAddr,
    from: &CalledFrom,
    email: &str,
    password: Password,
) -> Result<(OverseerId, String), Refusal> {
    app.rate_limits.logins.check(&address)?;
    let email = Email::parse(email).map_err(|_| Code::WrongCredentials)?;
    let (asked, place) = (email.as_str().to_owned(), from.network.clone().unwrap_or_default());
    let sought = place.clone();
    let known = app.db.read(move |tx| -> Result<_, Refusal> {
        let Some(overseer) = rows::find_by_email(tx, &asked)? else { return Ok(None) };
        let is_known_place = security_log::has_signed_in_from(tx, &overseer.id, &sought)?;
        Ok(Some((overseer, is_known_place)))
    });
    let known = known.await?;
    let is_known_place = known.as_ref().is_some_and(|(_, is_known_place)| *is_known_place);
    let counted = if is_known_place { format!("{} {place}", email.as_str()) } else { email.as_str().to_owned() };
    app.rate_limits.accounts.check(&sha256(counted.as_bytes()))?;
    let account = known.and_then(|(overseer, _)| Some((overseer.id, overseer.password_hash?)));
    let stored = account.as_ref().map(|(_, hash)| hash.clone());
    let is_right = app.passwords.verify(password, stored).await?;
    account.filter(|_| is_right).ok_or_else(|| Code::WrongCredentials.into())
}

/// Asks for the password of somebody who is signed in once more. Their tries are counted apart: whoever guesses at the
/// account from elsewhere must not keep its owner from changing the password.
pub async fn confirm(
    app: &App,
    address: IpAddr,
    caller: OverseerCaller,
    password: Password,
) -> Result<Confirmed, Refusal> {
    let overseer = caller.read(app, |_, overseer| Ok(overseer.clone())).await?;
    app.rate_limits.logins.check(&address)?;
    app.rate_limits.accounts.check(&sha256(overseer.id.as_str().as_bytes()))?;
    let stored = overseer.password_hash;
    let is_right = app.passwords.verify(password, stored.clone()).await?;
    stored.filter(|_| is_right).map(Confirmed::new).ok_or_else(|| Code::WrongPassword.into())
}

/// `POST /v1/overseers/logout`
pub async fn logout(State(app): State<App>, caller: OverseerCaller) -> Result<Json<Done>, Refusal> {
    let (credential, now) = (caller.credential(), app.clock.now());
    caller.write(&app, move |tx, _| Ok(credential.end(tx, now)?)).await?;
    Ok(Done::json())
}

/// `GET /v1/overseers/me`
pub async fn show(State(app): State<App>, caller: OverseerCaller) -> Result<Json<OneOverseer>, Refusal> {
    let overseer = caller.read(&app, |_, overseer| Ok(OverseerView::of(overseer))).await?;
    Ok(Json(OneOverseer { overseer }))
}

fn logged_in(overseer: &rows::Overseer, session_id: String) -> OverseerSession {
    OverseerSession {
        success: true,
        overseer: OverseerView::of(overseer),
        session_id,
        expires_in: sessions::OVERSEER_LIFETIME,
    }
}
