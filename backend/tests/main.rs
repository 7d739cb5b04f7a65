//! The whole suite in one binary; each module is a suite that `./scripts/test NAME` runs alone.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails panics")]

mod architecture;
mod cli;
mod config;
mod crypto;
mod docs;
mod faults;
mod http;
mod races;
mod readme;
mod schema;
mod storage;
mod support;
