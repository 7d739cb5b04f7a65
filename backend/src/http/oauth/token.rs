//! `POST /v1/oauth/token` (RFC 6749 section 3.2).

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::authenticate::{AuthenticatedAgent, PostedForm, current};
use crate::app::App;
use crate::oauth::access_token::{self, Grant};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::grants::GrantType;
use crate::oauth::grants::client_credentials::{self, Outcome};
use crate::oauth::resource::Audience;
use crate::oauth::scope::Scope;

/// How often a token is signed again because an overseer came or went meanwhile.
const TRIES: usize = 3;

/// An issued token (RFC 6749 section 5.1).
#[derive(Serialize, JsonSchema)]
pub struct TokenAnswer {
    /// A JWT (RFC 9068). Whoever verifies it must check `aud`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    /// What was granted, space-separated.
    scope: String,
}

/// `POST /v1/oauth/token`
pub async fn token(State(app): State<App>, posted: PostedForm) -> Result<Json<TokenAnswer>, OauthError> {
    match GrantType::parse(posted.form.required("grant_type")?)? {
        GrantType::ClientCredentials => own_token(app, posted).await,
    }
}

async fn own_token(app: App, posted: PostedForm) -> Result<Json<TokenAnswer>, OauthError> {
    let mut agent = posted.authenticate(&app).await?;
    let scope = Scope::requested(posted.form.get("scope"))?;
    let audience = Audience::requested(posted.form.all("resource"), &app.issuer)?;
    for _ in 0..TRIES {
        let (jwt, outcome) = try_once(&app, &agent, &scope, &audience).await?;
        match outcome {
            Outcome::Stored => {
                return Ok(Json(TokenAnswer {
                    access_token: jwt,
                    token_type: "Bearer",
                    expires_in: access_token::LIFETIME,
                    scope: scope.as_str().to_owned(),
                }));
            }
            Outcome::Rejected => return Err(ErrorCode::InvalidClient.into()),
            Outcome::Stopped => return Err(ErrorCode::UnauthorizedClient.into()),
            Outcome::Changed => {
                let snapshot = current(&app, &agent.id).await?.ok_or(ErrorCode::InvalidClient)?;
                // The signature was checked with the key of before: another key is another agent.
                if snapshot.key != agent.snapshot.key {
                    return Err(ErrorCode::InvalidClient.into());
                }
                agent.snapshot = snapshot;
            }
        }
    }
    Err(ErrorCode::TemporarilyUnavailable.into())
}

/// Signs outside the transaction, which only checks that nothing has changed.
async fn try_once(
    app: &App,
    agent: &AuthenticatedAgent,
    scope: &Scope,
    audience: &Audience,
) -> Result<(String, Outcome), OauthError> {
    let grant = Grant {
        issuer: &app.issuer,
        agent_id: &agent.id,
        client_id: agent.id.as_str(),
        scope,
        audience,
        is_overseen: agent.snapshot.is_overseen,
    };
    let issued = access_token::issue(&grant, &app.signing_keys, &app.clock, app.random);
    let issued = issued.ok_or(ErrorCode::TemporarilyUnavailable)?;
    let history = client_credentials::history(&issued.row, audience.all(), &app.clock, app.random);
    let (spent, snapshot, row) = (agent.spent.clone(), agent.snapshot.clone(), issued.row);
    let store = app.db.write(move |tx| client_credentials::store(tx, &spent, &snapshot, &row, &history));
    let outcome: Result<Outcome, crate::db::Error> = store.await;
    Ok((issued.jwt, outcome?))
}
