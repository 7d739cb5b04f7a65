//! `POST /v1/oauth/par`: a client pushes its authorization request (RFC 9126 section 2).

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::authenticate::PostedForm;
use super::incoming::from_object;
use crate::app::App;
use crate::db;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::http::error::Created;
use crate::http::extract::ClientAddress;
use crate::oauth::authentication::Party;
use crate::oauth::authorization::pushed::{self, LIFETIME, Reference};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::secret::PlainToken;

/// What the browser, or the agent, brings instead of the request (section 2.2).
#[derive(Serialize, JsonSchema)]
pub struct Pushed {
    /// For `/v1/oauth/authorize`, beside `client_id`. Good once.
    request_uri: String,
    /// Seconds.
    expires_in: i64,
}

/// `POST /v1/oauth/par`
pub async fn push(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    posted: PostedForm,
) -> Result<Created<Pushed>, OauthError> {
    let caller = posted.authenticate(&app).await?;
    let Party::Client(client) = caller.party.clone() else { return Err(ErrorCode::UnauthorizedClient.into()) };
    let room = match client.token_endpoint_auth_method {
        AuthMethod::None => app.rate_limits.pushes_of_anybody.check(&address),
        AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
            app.rate_limits.pushes_of_clients.check(&client.id.to_string())
        }
    };
    room.map_err(|_| ErrorCode::TooManyRequests)?;
    let proof = posted.proof(&app)?;
    let form = match posted.form.get("request") {
        Some(_) if posted.form.get("request_uri").is_some() => posted.form.clone(),
        // Section 3: the object counts, and nothing that stands beside it.
        Some(object) => from_object(&app, (*client).clone(), object).await?,
        None => posted.form.clone(),
    };
    let jkt = proof.as_ref().map(|proof| proof.key.thumbprint());
    let form = pushed::accept(form, &client, jkt.as_deref(), &app.authorization())?;
    let reference = Arc::new(PlainToken::generate(app.random));
    let (stored, now) = (Arc::clone(&reference), app.clock.now());
    let store = app.db.write(move |tx| -> Result<Result<(), ErrorCode>, db::Error> {
        let Some(Party::Client(client)) = caller.confirm(tx)? else { return Ok(Err(ErrorCode::InvalidClient)) };
        if let Some(proof) = &proof
            && !proof.spent.spend(tx)?
        {
            return Ok(Err(ErrorCode::InvalidDpopProof));
        }
        pushed::store(tx, &form, &client, &stored, now)
    });
    store.await??;
    Ok(Created(Pushed { request_uri: Reference(&reference).to_string(), expires_in: LIFETIME }))
}
