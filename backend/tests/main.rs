//! The whole suite in one binary; each module is a suite that `./scripts/test NAME` runs alone.
#![expect(missing_docs, reason = "tests are named by what they show")]

mod config;
mod crypto;
mod storage;
