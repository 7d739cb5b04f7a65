//! `/v1/overseers`: humans' accounts, and what they can do about their agents.

pub mod account;
pub mod agents;
pub mod blocks;
pub mod clients;
pub mod email;
pub mod own;
pub mod password;
pub mod stop;
pub mod tokens;
pub mod usage;
