//! What an agent has left of its authorizations, in headers that programs know (draft-ietf-httpapi-ratelimit-headers-10).

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDocs};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};

use crate::billing::quota::Quota;

/// An answer, and what is left after it.
pub struct WithQuota<T>(pub T, pub Option<Quota>);

impl<T: IntoResponse> IntoResponse for WithQuota<T> {
    fn into_response(self) -> Response {
        let mut answer = self.0.into_response();
        if let Some(Quota { limit, left, resets_in }) = self.1 {
            let lines = [
                ("ratelimit-policy", format!("\"authorizations\";q={limit}")),
                ("ratelimit", format!("\"authorizations\";r={left};t={resets_in}")),
            ];
            for (name, value) in lines {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    answer.headers_mut().insert(name, value);
                }
            }
        }
        answer
    }
}

impl<T: OperationOutput> OperationOutput for WithQuota<T> {
    type Inner = T::Inner;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<ResponseDocs> {
        T::operation_response(context, operation)
    }

    fn inferred_responses(context: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDocs)> {
        T::inferred_responses(context, operation)
    }
}
