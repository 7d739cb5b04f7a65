//! The crate's tests in one binary; the module is a suite that `./scripts/test crypto` runs.

mod crypto;
