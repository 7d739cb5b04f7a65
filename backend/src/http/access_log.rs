//! One log line a request, at the level `debug` of the target `agentid::access`: the setting
//! `log.level=info,agentid::access=debug` turns it on. No header, query or body is in it, for those hold secrets.

use axum::extract::Request;
use axum::response::Response;

use crate::clock::stopwatch;

/// Writes the line once the answer is there.
pub async fn write(request: Request, answer: impl AsyncFnOnce(Request) -> Response) -> Response {
    if !tracing::enabled!(target: "agentid::access", tracing::Level::DEBUG) {
        return answer(request).await;
    }
    let began = stopwatch();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = answer(request).await;
    let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(target: "agentid::access", %method, path, status = response.status().as_u16(), took_us);
    response
}
