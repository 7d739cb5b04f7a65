//! The whole suite in one binary; each module is a suite that `./scripts/test NAME` runs alone.

mod config;
mod crypto;
mod faults;
mod http;
mod races;
mod storage;
mod support;
