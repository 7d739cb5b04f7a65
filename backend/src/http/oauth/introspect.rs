//! `POST /v1/oauth/introspect` (RFC 7662 section 2).

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::authenticate::PostedForm;
use crate::app::App;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::{access_token, client_assertion, introspection};
use crate::secret::TokenHash;

/// `POST /v1/oauth/introspect`
pub async fn introspect(State(app): State<App>, posted: PostedForm) -> Result<Json<Value>, OauthError> {
    let agent = posted.authenticate(&app).await?;
    let token = posted.form.required("token")?;
    let now = app.clock.now();
    let verified = access_token::verify(token, &app.issuer, &app.signing_keys, now);
    let (id, claims) = verified.map_or((None, None), |(id, claims)| (Some(id), Some(claims)));
    let hash = TokenHash::of(token);
    let look_up = app.db.write(move |tx| -> Result<Option<bool>, crate::db::Error> {
        if client_assertion::redeem(tx, &agent.id, &agent.snapshot.key, &agent.spent)?.is_none() {
            return Ok(None);
        }
        let Some(id) = &id else { return Ok(Some(false)) };
        introspection::is_active(tx, id, &hash, agent.id.as_str(), now).map(Some)
    });
    match (look_up.await?, claims) {
        (None, _) => Err(ErrorCode::InvalidClient.into()),
        (Some(true), Some(claims)) => Ok(Json(introspection::active(claims))),
        (Some(_), _) => Ok(Json(introspection::inactive())),
    }
}
