//! What the black-box tests share: a real server on a real socket, and callers that speak HTTP to it.

pub mod agent;
pub mod client;
pub mod overseer;
pub mod process;
pub mod server;

pub use agent::Agent;
pub use client::{Answer, Call};
pub use overseer::Overseer;
pub use process::Process;
pub use server::TestServer;
