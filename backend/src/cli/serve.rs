//! `agentid serve`: runs a server until it is told to stop.

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::output::line;
use super::settings::{self, Settings};
use super::start::{self, Started};
use crate::clock::Clock;
use crate::config::{Loaded, Log, LogFormat, Origin};
use crate::db::schema::{oauth_clients, overseers};
use crate::random::Random;
use crate::{background, http};

/// Run a server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid serve
  agentid serve --listen 127.0.0.1:9000 --data /var/lib/agentid
  agentid serve --set server.issuer=https://id.example.org

`agentid config` lists every setting. TLS ends at a proxy in front: set server.issuer to its https address.")]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// The address to listen on (server.listen).
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

impl Serve {
    /// Runs until SIGINT or SIGTERM.
    pub fn run(self) -> anyhow::Result<()> {
        let listen = self.listen.map(|address| ("server.listen".to_owned(), address));
        let loaded = self.settings.load(listen)?;
        start_logging(&loaded.config.log)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(serve(loaded))
    }
}

async fn serve(loaded: Loaded) -> anyhow::Result<()> {
    let derive_issuer = is_issuer_default(&loaded);
    start::make_folder(&loaded.config.data)?;
    let secrets = settings::secrets(&loaded.config)?;
    let started = start::start(loaded.config, derive_issuer, secrets, Clock::system(), Random::system()).await?;
    // Whoever reads that it listens may stop it.
    let stopped = stopped()?;
    announce(&started).await?;
    let Started { app, listener, .. } = started;
    let beside = tokio::spawn(background::run(app.clone()));
    let max_connections = app.config.server.max_connections as usize;
    http::server::serve(listener, http::router::service(app), max_connections, stopped).await;
    beside.abort();
    Ok(())
}

/// Whether nobody has set the issuer, so that it follows from the address.
pub fn is_issuer_default(loaded: &Loaded) -> bool {
    loaded.table().iter().any(|row| row.key == "server.issuer" && matches!(row.origin, Origin::Default))
}

/// Logs go to standard error, structured; secrets have types that can not be logged.
fn start_logging(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}

async fn announce(started: &Started) -> anyhow::Result<()> {
    for name in &started.migrated.applied {
        line(&format!("applied migration {name}"));
    }
    if let Some(copy) = &started.migrated.backup {
        line(&format!("the database as it was before lies at {}", copy.display()));
    }
    let issuer = &started.app.issuer;
    line(&format!("Agent ID {} listens on http://{}", env!("CARGO_PKG_VERSION"), started.listener.local_addr()?));
    line(&format!("  issuer    {issuer}"));
    line(&format!("  data      {}", started.app.config.data.display()));
    line(&format!("  secret    {}", started.app.secrets.origin()));
    let refusals = started.app.policy.refusals();
    if !refusals.is_empty() {
        line("  profile   fapi2. It refuses:");
        refusals.iter().for_each(|refusal| line(&format!("            - {refusal}")));
        let locked_out = started.app.db.read(oauth_clients::count_unfit_for_fapi).await?;
        if locked_out > 0 {
            line(&format!("            {locked_out} registered clients are of that kind and get nothing."));
        }
    }
    if started.app.letters.are_sent() {
        let config = &started.app.config.mail;
        line(&format!("  mail      {:?}, from {}", config.url, config.from));
        let unconfirmed = started.app.db.read(overseers::count_unconfirmed).await?;
        if unconfirmed > 0 {
            line(&format!(
                "            {unconfirmed} overseers have not confirmed their address, and count as none in tokens."
            ));
        }
    }
    line(&format!("Next: agentid agent keygen && agentid agent register --server {issuer} --name my-agent"));
    Ok(())
}

/// Resolves at SIGINT or SIGTERM.
pub fn stopped() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
