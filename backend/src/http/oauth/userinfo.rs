//! `GET` and `POST /v1/oauth/userinfo` (OpenID Connect Core section 5.3).

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDocs};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::App;
use crate::db;
use crate::http::error::ResourceError;
use crate::http::extract::TokenCaller;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::userinfo::{self, Info, Presentation, Refused};

/// What the token lets its holder know.
pub enum UserinfoAnswer {
    /// As JSON.
    Json(Value),
    /// As a JWT, for a client that has asked for it (OpenID Connect Core section 5.3.2).
    Signed(String),
}

impl UserinfoAnswer {
    fn new(app: &App, info: Info) -> Result<Self, ResourceError> {
        let Some(algorithm) = info.signed_with else { return Ok(Self::Json(info.into_json())) };
        let signed = info.sign(algorithm, &app.issuer, &app.signing_keys, app.clock.now());
        signed.map(Self::Signed).ok_or_else(|| OauthError::from(ErrorCode::TemporarilyUnavailable).into())
    }
}

impl IntoResponse for UserinfoAnswer {
    fn into_response(self) -> Response {
        match self {
            Self::Json(claims) => Json(claims).into_response(),
            Self::Signed(jwt) => ([(header::CONTENT_TYPE, "application/jwt")], jwt).into_response(),
        }
    }
}

impl OperationOutput for UserinfoAnswer {
    type Inner = Value;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<ResponseDocs> {
        Json::<Value>::operation_response(context, operation)
    }
}

/// `GET` or `POST /v1/oauth/userinfo`
pub async fn userinfo(State(app): State<App>, caller: TokenCaller) -> Result<UserinfoAnswer, ResourceError> {
    let (issuer, tiers) = (app.issuer.clone(), app.tiers.clone());
    let (policy, now) = (app.policy, app.clock.now());
    let is_bound = matches!(caller.presentation, Presentation::Dpop(_));
    let TokenCaller { token, presentation, proof } = caller;
    let look_up =
        move |tx: &mut db::Tx<'_>| userinfo::look_up(tx, &token, &presentation, &issuer, (&tiers, policy), now);
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
        Ok(info) => return UserinfoAnswer::new(&app, info),
        Err(Refused::InvalidToken) => ResourceError::invalid_token(),
        Err(Refused::InsufficientScope) => ResourceError::insufficient_scope(),
    };
    Err(if is_bound { refused.of_dpop() } else { refused })
}
