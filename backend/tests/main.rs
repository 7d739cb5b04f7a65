//! The whole suite in one binary; each module is a suite that `./scripts/test NAME` runs alone.

mod architecture;
mod browser;
mod cli;
mod config;
mod crypto;
mod d1;
mod docs;
mod faults;
pub mod http;
mod interop;
mod nodes;
mod races;
mod readme;
mod schema;
mod storage;
mod support;
