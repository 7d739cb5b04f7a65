//! Where the parameters of an authorization request stand: in the address, in an object that the client has signed (RFC 9101),
//! or with us, since the client has pushed them (RFC 9126).

use crate::app::App;
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::http::pages::PageError;
use crate::id::ClientId;
use crate::oauth::authentication::Party;
use crate::oauth::authorization::redirect::{Answer, Asked, Recipient};
use crate::oauth::authorization::{pushed, request_object};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;

/// The parameters that count; or what the client is told instead. When it is not certain who that is, the person is told.
pub async fn resolve(app: &App, form: Form) -> Result<Result<Asked, Answer>, PageError> {
    let names_twice = ["client_id", "request_uri", "request"].into_iter().any(|name| form.repeats(name));
    let error = match (form.get("request_uri"), form.get("request")) {
        (None, None) => return Ok(Ok(Asked { form, pushed: None })),
        _ if names_twice => return Err(PageError::bad_request("The request names its application or itself twice.")),
        (Some(_), Some(_)) => {
            ErrorCode::InvalidRequest.because("`request` and `request_uri` are two requests. Send one.")
        }
        (Some(uri), None) if pushed::is_reference(uri) => {
            let found = find_pushed(app, form.get("client_id").unwrap_or_default(), uri).await;
            return found.map(Ok).map_err(PageError::from);
        }
        // It is never fetched.
        (Some(_), None) => ErrorCode::RequestUriNotSupported.into(),
        (None, Some(object)) => match signed(app, &form, object).await {
            Ok(form) => return Ok(Ok(Asked { form, pushed: None })),
            Err(error) => error,
        },
    };
    let policy = app.policy;
    let recipient = app.db.read(move |tx| Recipient::find(tx, &form, policy)).await?;
    match recipient {
        Ok(recipient) => Ok(Err(recipient.refused(&error, &app.issuer))),
        Err(_) => Err(error.into()),
    }
}

/// What a client has pushed.
pub async fn find_pushed(app: &App, client_id: &str, request_uri: &str) -> Result<Asked, OauthError> {
    let (client_id, request_uri, now) = (client_id.to_owned(), request_uri.to_owned(), app.clock.now());
    app.db.read(move |tx| pushed::find(tx, &client_id, &request_uri, now)).await?
}

async fn signed(app: &App, form: &Form, object: &str) -> Result<Form, OauthError> {
    let id = form.get("client_id").and_then(ClientId::parse).ok_or(ErrorCode::InvalidRequestObject)?;
    let client = app.db.read(move |tx| oauth_clients::find(tx, &id)).await?;
    from_object(app, client.ok_or(ErrorCode::InvalidRequestObject)?, object).await
}

/// The parameters that a client has signed.
pub async fn from_object(app: &App, client: OauthClient, object: &str) -> Result<Form, OauthError> {
    let (is_fapi, now) = (app.policy.is_fapi(&client), app.clock.now());
    let party = Party::of_client(client);
    let kid = request_object::kid(object);
    let keys = app.client_keys.of(&party, kid.as_deref(), &app.clock).await.ok_or(ErrorCode::InvalidRequestObject)?;
    let expected = request_object::Expected { client_id: party.id(), issuer: &app.issuer, is_fapi, now };
    request_object::read(object, &keys, &expected)
}
