//! The least that an HTTP answer costs: axum with one route and nothing behind it, as a process of its own on
//! the server's core.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use hyper::body::Bytes;
use tokio::net::TcpListener;

use crate::call::{self, Request};
use crate::cores::Core;
use crate::load::{Load, Round};
use crate::process::Process;

/// The hidden argument that makes this program the bare server.
pub const ARGUMENT: &str = "bare";

/// Serves until standard input ends.
pub fn serve() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.spawn(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "bare axum listens on http://{}", listener.local_addr()?)?;
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, Router::new().route("/", get(|| async { "ok" }))).await
    });
    // Whoever started it has gone when this ends.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Starts it on `core`; its log goes to `folder`.
pub fn start(core: Core, folder: &Path) -> anyhow::Result<Process> {
    let mut command = Command::new(std::env::current_exe().context("this program's file is unknown")?);
    command.arg(ARGUMENT);
    Process::start(command, core, &folder.join("bare.log"))
}

/// Loads it for a while.
pub async fn load(bare: &Process, load: &Load) -> anyhow::Result<Round> {
    // More than any core answers in that time.
    let count = (load.seconds() * 150_000.0) as usize;
    let requests = (0..count).map(|_| request(bare)).collect::<anyhow::Result<Vec<_>>>()?;
    load.run(bare, requests).await
}

fn request(bare: &Process) -> anyhow::Result<Request> {
    call::get(bare.address, "/").finish(Bytes::new())
}
