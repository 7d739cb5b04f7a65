//! Real relying parties, programs in `tests/interop`, sign agents in with libraries that others wrote, each left to its
//! defaults. Where a library would need a workaround, the server is wrong, or a comment says what the library can not do.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails panics")]

mod application;
mod oauth4webapi;
mod oidc_client_ts;
mod snippets;
mod web;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Agent, Overseer, TestServer};

/// A server with the machine's clock, for the libraries have no other, and an agent that the overseer answers for.
fn start() -> (TestServer, Agent, Overseer) {
    let server = TestServer::in_real_time();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    (server, agent, overseer)
}

/// A program that sees nothing of whoever runs the tests: no proxies, no settings.
fn program(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command
}

/// A folder of what `./scripts/test interop` installs.
fn tools(name: &str) -> PathBuf {
    root().join("target/tools").join(name)
}

/// The folder of a relying party.
fn folder(name: &str) -> PathBuf {
    root().join("tests/interop").join(name)
}

/// Where cargo puts programs, those of `./scripts/test interop` too.
fn built() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_agentid")).parent().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
