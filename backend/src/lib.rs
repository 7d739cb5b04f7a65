//! Agent ID: an identity provider for AI agents. `ARCHITECTURE.md` says how the parts fit.

pub mod app;
pub mod background;
pub mod billing;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error_codes;
pub mod http;
pub mod id;
pub mod identity;
pub mod mail;
pub mod oauth;
pub mod outbound;
pub mod oversight;
pub mod random;
pub mod rate_limit;
pub mod refusal;
pub mod secret;
pub mod server_secret;
pub mod settlement;
