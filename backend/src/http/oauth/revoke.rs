//! `POST /v1/oauth/revoke` (RFC 7009 section 2).

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::authenticate::PostedForm;
use crate::app::App;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::introspection::Asked;
use crate::oauth::revocation;

/// `POST /v1/oauth/revoke`
pub async fn revoke(State(app): State<App>, posted: PostedForm) -> Result<Json<Value>, OauthError> {
    let caller = posted.authenticate(&app).await?;
    let now = app.clock.now();
    let asked = Asked::read(posted.form.required("token")?, &app.issuer, &app.signing_keys, now);
    let revoke = app.db.write(move |tx| -> Result<bool, crate::db::Error> {
        let Some(party) = caller.confirm(tx)? else { return Ok(false) };
        if let Some(asked) = &asked {
            revocation::revoke(tx, asked, party.id(), now)?;
        }
        Ok(true)
    });
    if revoke.await? { Ok(Json(json!({}))) } else { Err(ErrorCode::InvalidClient.into()) }
}
