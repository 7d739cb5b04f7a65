//! `agentid demo`: the whole story, played over real HTTP against a server of its own that leaves
//! nothing behind.

mod api;
pub mod paddle;
mod screen;
mod story;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use super::api_client::Server;
use super::output::{Output, line};
use super::{serve, start};
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::base64url;
use crate::random::Random;
use crate::server_secret::Secrets;
use crate::{background, http};

/// Watch the whole story on a throw-away server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid demo           play the story, then keep the server for you to play on
  agentid demo --once    play the story and end: 0 when every step went as told, else 1
  agentid demo --port 9000

The server lives in a temporary folder, which is removed at the end.")]
pub struct Demo {
    /// End after the story.
    #[arg(long)]
    once: bool,
    /// The server's port; a free one when left out.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
}

impl Demo {
    /// Plays it.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let played = runtime.block_on(self.play(folder.path(), output));
        // The folder goes last, when nothing writes into it any more.
        runtime.shutdown_timeout(Duration::from_secs(5));
        folder.close()?;
        played
    }

    async fn play(self, folder: &Path, output: Output) -> anyhow::Result<()> {
        let stopped = serve::stopped()?;
        tokio::pin!(stopped);
        let paddle = paddle::StandIn::start()?;
        let issuer = start_server(folder, self.port, &paddle).await?;
        paddle.tells(&issuer);
        let api = api::start(&issuer)?;
        let password = base64url::encode(Random::system().bytes::<12>());
        let story = {
            let (server, api, password) = (Server::at(&issuer)?, Server::at(&api)?, password.clone());
            tokio::task::spawn_blocking(move || story::play(server, api, paddle, password, output))
        };
        tokio::select! {
            played = story => played??,
            () = &mut stopped => bail!("interrupted before the story was over"),
        }
        if !self.once {
            if !output.is_json() {
                invite(&issuer, &api, &password);
            }
            stopped.await;
        }
        Ok(())
    }
}

/// A server as `agentid serve` runs it, on an empty folder; its issuer.
async fn start_server(folder: &Path, port: u16, paddle: &paddle::StandIn) -> anyhow::Result<String> {
    let mut config = Config::for_data(folder);
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    config.paddle = paddle.settings();
    let secrets = Secrets::load(folder, None, None, Random::system())?;
    let started = start::start(config, true, secrets, Clock::system(), Random::system()).await?;
    let app = started.app;
    let issuer = app.issuer.clone();
    let max_connections = app.config.server.max_connections as usize;
    tokio::spawn(background::run(app.clone()));
    tokio::spawn(http::server::serve(
        started.listener,
        http::router::service(app),
        max_connections,
        std::future::pending(),
    ));
    Ok(issuer)
}

fn invite(issuer: &str, api: &str, password: &str) {
    // A profile of its own for each demo: one profile belongs to one server.
    let profile = issuer.rsplit(':').next().unwrap_or_default();
    line(&format!(
        "
Server {issuer} and API {api} go on until Ctrl-C. See what the human sees, in a browser:

  {issuer}/sign-in   ada@example.org   {password}

Play on in another terminal:

  export AGENTID_SERVER={issuer} AGENTID_PROFILE=demo-{profile}
  agentid agent keygen && agentid agent register --name my-agent
  curl -H \"Authorization: Bearer $(agentid agent token --resource {api})\" {api}/
  agentid overseer register --name Grace --email grace@example.org
  curl {issuer}/openapi.json"
    ));
}
