//! `POST /v1/oauth/introspect` (RFC 7662 section 2).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::authenticate::PostedForm;
use crate::app::App;
use crate::db::{Error, Tx};
use crate::oauth::authentication::Authenticated;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::introspection::{self, Asked};
use crate::oauth::policy::Policy;

/// `POST /v1/oauth/introspect`
pub async fn introspect(State(app): State<App>, posted: PostedForm) -> Result<Json<Value>, OauthError> {
    let caller = posted.authenticate(&app).await?;
    if !introspection::may_ask(&caller.party) {
        return Err(ErrorCode::InvalidClient.into());
    }
    let now = app.clock.now();
    let asked = Arc::new(Asked::read(posted.form.required("token")?, &app.issuer, &app.signing_keys, now));
    // Only an assertion leaves something behind.
    let is_write = caller.has_proved_key();
    let policy = app.policy;
    let look_up = move |tx: &mut Tx<'_>| look_up(tx, &caller, asked.as_ref().as_ref(), policy, now);
    let found = if is_write { app.db.write(look_up).await? } else { app.db.read(look_up).await? };
    let answer = found.ok_or(ErrorCode::InvalidClient)?;
    Ok(Json(answer.unwrap_or_else(introspection::inactive)))
}

/// The outer `None`: the caller is not what it was any more.
fn look_up(
    tx: &mut Tx<'_>,
    caller: &Authenticated,
    asked: Option<&Asked>,
    policy: Policy,
    now: i64,
) -> Result<Option<Option<Value>>, Error> {
    let Some(party) = caller.confirm(tx)? else { return Ok(None) };
    // A client that may get nothing learns nothing either.
    match asked {
        Some(asked) if party.may_be_told(tx)? => introspection::look_up(tx, asked, &party, policy, now).map(Some),
        Some(_) | None => Ok(Some(None)),
    }
}
