//! Bodies: declared as what they are, and bounded.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::http::json_input;
use crate::refusal::{Code, Refusal};

/// The largest body, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;

/// A JSON body of the type `T`.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        if !has_content_type(request.headers(), "application/json") {
            return Err(Code::UnsupportedMediaType.into());
        }
        json_input::read(&read_body(request).await?).map(Self)
    }
}

/// The whole body, if it is not too large.
pub async fn read_body(request: Request) -> Result<Bytes, Refusal> {
    read_body_up_to(request, LARGEST_BODY).await
}

/// The whole body, of so many bytes at most. One that says itself that it is too large is not waited for.
pub async fn read_body_up_to(request: Request, largest: usize) -> Result<Bytes, Refusal> {
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if declared.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > largest) {
        return Err(Code::BodyTooLarge.into());
    }
    let body = axum::body::to_bytes(request.into_body(), largest).await;
    body.map_err(|error| {
        let is_too_large =
            std::error::Error::source(&error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        if is_too_large { Code::BodyTooLarge.into() } else { Code::MalformedRequest.into() }
    })
}

/// Whether the body is declared as `media_type`, parameters aside.
pub fn has_content_type(headers: &HeaderMap, media_type: &str) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(media_type))
}

impl<T: JsonSchema> OperationInput for JsonBody<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        axum::Json::<T>::operation_input(context, operation);
    }
}
