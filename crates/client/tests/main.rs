//! The crate's tests in one binary; the module is a suite that `./scripts/test client` runs.

mod client;
mod support;
