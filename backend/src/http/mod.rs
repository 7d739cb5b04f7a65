//! The only place that knows axum: who is calling, what they send, and how answers look on the wire.

pub mod access_log;
pub mod api;
pub mod cross_origin;
pub mod dashboard;
pub mod error;
pub mod extract;
pub mod host;
pub mod issuer_path;
pub mod json_input;
pub mod oauth;
pub mod openapi;
pub mod pages;
pub mod quota;
pub mod router;
pub mod server;
