//! `GET` and `POST /v1/oauth/userinfo` (OpenID Connect Core section 5.3).

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::app::App;
use crate::db;
use crate::http::error::ResourceError;
use crate::http::extract::TokenCaller;
use crate::oauth::userinfo::{self, Presentation, Refused};

/// `GET` or `POST /v1/oauth/userinfo`
pub async fn userinfo(State(app): State<App>, caller: TokenCaller) -> Result<Json<Value>, ResourceError> {
    let (issuer, tier) = (app.issuer.clone(), app.config.billing.default_tier.clone());
    let now = app.clock.now();
    let is_bound = matches!(caller.presentation, Presentation::Dpop(_));
    let TokenCaller { token, presentation, proof } = caller;
    let look_up = move |tx: &mut db::Tx<'_>| userinfo::look_up(tx, &token, &presentation, &issuer, &tier, now);
    let found = match proof {
        None => app.db.read(look_up).await,
        // A proof counts once, also when the token is refused.
        Some(proof) => {
            let spend = move |tx: &mut db::Tx<'_>| -> Result<_, db::Error> {
                if proof.spend(tx)? { look_up(tx).map(Some) } else { Ok(None) }
            };
            match app.db.write(spend).await? {
                Some(found) => Ok(found),
                None => return Err(ResourceError::invalid_proof("The DPoP proof was used before. Make a new one.")),
            }
        }
    };
    let refused = match found? {
        Ok(claims) => return Ok(Json(claims)),
        Err(Refused::InvalidToken) => ResourceError::invalid_token(),
        Err(Refused::InsufficientScope) => ResourceError::insufficient_scope(),
    };
    Err(if is_bound { refused.of_dpop() } else { refused })
}
