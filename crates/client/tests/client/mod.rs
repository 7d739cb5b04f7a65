//! The SDK against a real server, and its verifier against an issuer that also does what no server does.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod agent;
mod bound;
mod issuer;
mod jwks;
mod key;
mod nonces;
mod proofs;
mod revocations;
mod tokens;
mod verify;

/// The time at which every test begins: 2026-11-24 06:00 UTC.
const BEGINNING: i64 = 1_795_500_000;

/// What tokens are for here.
const API: &str = "https://api.example";
