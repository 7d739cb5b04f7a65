//! What the black-box tests share: a real server on a real socket, and callers that speak HTTP to it.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that fails panics")]

pub mod agent;
pub mod browser;
pub mod client;
pub mod database;
pub mod ends;
pub mod flow;
pub mod keys;
pub mod leaks;
pub mod mailbox;
pub mod oauth_client;
pub mod outside;
pub mod overseer;
pub mod postgres_server;
pub mod process;
pub mod raw;
pub mod server;

pub use agent::Agent;
pub use client::{Answer, Call};
pub use keys::ClientKey;
pub use mailbox::Mailbox;
pub use oauth_client::Client;
pub use outside::Outside;
pub use overseer::Overseer;
pub use process::Process;
pub use server::TestServer;
