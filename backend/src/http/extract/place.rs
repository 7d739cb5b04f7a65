//! What the address says: ids in its path, parameters in its query.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::refusal::{Code, Refusal};

/// The ids in the address; one that is malformed names nothing, so it is 404.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Path(ids) = Path::from_request_parts(parts, app).await.map_err(|_| {
            Code::NotFound.because(
                "The address names nothing: an id is a UUID in lower case, an owner_type `agent` or `overseer`.",
            )
        })?;
        Ok(Self(ids))
    }
}

/// The query of the address.
pub struct InQuery<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for InQuery<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, app).await;
        let sentence = "A parameter in the address has a value that is not allowed. See /openapi.json.";
        query.map(|Query(query)| Self(query)).map_err(|_| Code::InvalidField.because(sentence))
    }
}

/// The address that was called, as `htu` and audiences name it: issuer and path, never the Host header.
pub fn address(app: &App, uri: &Uri) -> String {
    format!("{}{}", app.issuer, uri.path())
}

impl<T: JsonSchema> OperationInput for At<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Path::<T>::operation_input(context, operation);
    }
}

impl<T: JsonSchema> OperationInput for InQuery<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Query::<T>::operation_input(context, operation);
    }
}
