//! Accepting connections, with a bound on everything that a stranger can hold open, and stopping
//! without dropping what is in flight.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use tower_http::timeout::RequestBodyTimeout;

use crate::refusal::Code;

/// How long a client may take for its headers, and between two pieces of its body.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one request may take altogether.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);
/// How long a stop waits for what is in flight.
const GRACE: Duration = Duration::from_secs(10);
/// How many bytes of headers are read.
const LARGEST_HEAD: usize = 32 * 1024;

/// Serves until `stop` is done, then answers what is in flight.
pub async fn serve(listener: TcpListener, service: Router, max_connections: usize, stop: impl Future<Output = ()>) {
    let service = RequestBodyTimeout::new(service, PATIENCE);
    let places = Arc::new(Semaphore::new(max_connections));
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let service = service.clone();
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(ConnectInfo(peer));
                    limit_time(service.clone().oneshot(request))
                }),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// A request that takes too long is given up; what it had begun to write is whole or undone all the same.
async fn limit_time(answer: impl Future<Output = Result<Response, Infallible>>) -> Result<Response, Infallible> {
    let answer = tokio::time::timeout(LONGEST_REQUEST, answer).await;
    answer.unwrap_or_else(|_| Ok(Code::Unavailable.retry_after(1).into_response()))
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small: waiting to fill a packet only delays them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
            Some((stream, peer, place))
        }
        Err(error) => {
            // Out of file descriptors, most likely: they come back when connections end.
            tracing::error!(%error, "can not accept a connection");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}
