//! The API over HTTP: what each endpoint does, and what it refuses.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that fails panics")]

mod assertions;
mod bad_input;
mod blocks;
mod browsers;
mod claims;
mod clients;
mod code_flow;
mod connections;
mod consents;
mod deletion;
mod dpop;
mod ended;
mod heart;
mod history;
mod introspection;
mod introspection_by_clients;
mod key_rotation;
mod limits;
mod logs;
mod overseers;
mod profile;
mod purge;
mod redirect_flow;
mod refusals;
mod registration;
mod revocations;
mod routes;
mod service;
mod sessions;
mod signing_keys;
mod start;
mod stop;
mod token;
mod token_dpop;
mod userinfo;
