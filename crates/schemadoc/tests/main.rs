//! Tests of schemadoc: each on a small folder of migrations made for it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod mermaid;
mod postgres;
mod schemadoc;
mod support;
