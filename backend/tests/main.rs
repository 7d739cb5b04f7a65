//! The whole suite in one binary; each module is a suite that `./scripts/test NAME` runs alone.

mod cli;
mod config;
mod crypto;
mod http;
mod storage;
mod support;
