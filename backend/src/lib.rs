//! Agent ID: an identity provider for AI agents. `ARCHITECTURE.md` says how the parts fit.

pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod random;
