//! `POST /v1/webhooks/paddle`: what the payment provider tells.
//!
//! An event is on disk before it is applied, and answered 200 only when it is applied: whatever goes wrong in between, Paddle
//! sends it again.

use aide::OperationInput;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};

use crate::app::App;
use crate::billing::events::{self, EventError, Outcome};
use crate::billing::signature;
use crate::db::schema::billing_events;
use crate::db::{Error, Tx};
use crate::http::api::view::Done;
use crate::http::extract::read_body_up_to;
use crate::refusal::{Code, Refusal};

/// The largest event, in bytes.
const LARGEST: usize = 256 * 1024;

/// A body with its signature, which is made over its very bytes.
pub struct Signed {
    signature: Option<String>,
    body: Bytes,
}

impl FromRequest<App> for Signed {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        let mut headers = request.headers().get_all("paddle-signature").into_iter();
        let signature = match (headers.next(), headers.next()) {
            (Some(only), None) => only.to_str().ok().map(str::to_owned),
            _ => None,
        };
        Ok(Self { signature, body: read_body_up_to(request, LARGEST).await? })
    }
}

impl OperationInput for Signed {}

/// `POST /v1/webhooks/paddle`
pub async fn paddle(State(app): State<App>, signed: Signed) -> Result<Json<Done>, Refusal> {
    let settings = &app.config.paddle;
    if !settings.is_on() {
        return Err(Code::NotFound.into());
    }
    let header = signed.signature.ok_or(Code::SignatureMissing)?;
    signature::verify(&header, &signed.body, settings, app.clock.now())?;
    let body = std::str::from_utf8(&signed.body).map_err(|_| Code::MalformedJson)?;
    let event = events::read(body, app.clock.now())?;
    let id = event.id.clone();
    app.db.write(move |tx: &mut Tx<'_>| -> Result<(), Error> { billing_events::insert(tx, &event) }).await?;
    apply(&app, id).await.map_err(|error| match error {
        EventError::Database(error) if error.is_temporary() => Refusal::from(error),
        EventError::Database(_) | EventError::Unknown | EventError::Unreadable(_) => {
            tracing::error!(%error, "an event of Paddle's waits to be applied: see `agentid billing events --waiting`");
            Code::Internal.into()
        }
    })?;
    Ok(Done::json())
}

async fn apply(app: &App, id: String) -> Result<(), EventError> {
    let (tiers, now) = (app.tiers.clone(), app.clock.now());
    let outcome = app.db.write(move |tx: &mut Tx<'_>| events::apply(tx, &id, &tiers, now)).await?;
    if let Outcome::Applied(Some(overseer_id)) = outcome {
        app.settle(overseer_id).await;
    }
    Ok(())
}
