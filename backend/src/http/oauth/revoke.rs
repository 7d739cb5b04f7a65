//! `POST /v1/oauth/revoke` (RFC 7009 section 2).

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::authenticate::PostedForm;
use crate::app::App;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::{access_token, client_assertion, revocation};

/// `POST /v1/oauth/revoke`
pub async fn revoke(State(app): State<App>, posted: PostedForm) -> Result<Json<Value>, OauthError> {
    let agent = posted.authenticate(&app).await?;
    let token = posted.form.required("token")?;
    let now = app.clock.now();
    let id = access_token::verify(token, &app.issuer, &app.signing_keys, now).map(|(id, _)| id);
    let revoke = app.db.write(move |tx| -> Result<bool, crate::db::Error> {
        if client_assertion::redeem(tx, &agent.id, &agent.snapshot.key, &agent.spent)?.is_none() {
            return Ok(false);
        }
        if let Some(id) = &id {
            revocation::revoke(tx, id, agent.id.as_str(), now)?;
        }
        Ok(true)
    });
    if revoke.await? { Ok(Json(json!({}))) } else { Err(ErrorCode::InvalidClient.into()) }
}
