//! The whole suite in one binary; each module is a suite that `./scripts/test NAME` runs alone.

mod crypto;
mod storage;
