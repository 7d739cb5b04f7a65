//! A real server, in this process, on a free port, in a folder of its own, with a clock that the test moves.

use std::net::SocketAddr;
use std::path::Path;

use agentid::app::App;
use agentid::clock::Clock;
use agentid::config::Config;
use agentid::db;
use agentid::random::Random;
use agentid::server_secret::Secrets;
use agentid::{cli, http};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::{database, leaks};

/// The time at which every test begins: 2026-11-24 06:00 UTC.
pub const BEGINNING: i64 = 1_795_500_000;

/// A running server; it stops when dropped.
pub struct TestServer {
    /// Its parts, for looking behind the scenes.
    pub app: App,
    /// Its time.
    pub clock: Clock,
    /// `http://127.0.0.1:PORT`, which is its issuer too.
    pub url: String,
    /// Where it listens, which is elsewhere when the test gave it an issuer.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
    folder: Option<TempDir>,
}

impl TestServer {
    /// With limits per address off, and everything else as shipped.
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    /// With settings of the test's own.
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), Clock::manual(BEGINNING), change)
    }

    /// With the machine's clock, for programs that have no other.
    pub fn in_real_time() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), Clock::system(), |_| {})
    }

    /// On a folder that another server may have used before.
    pub fn in_folder(folder: TempDir, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let config = database::settings(folder.path());
        Self::run(config, Some(folder), clock, change)
    }

    /// A second node beside this one: same database, secret, clock and issuer.
    pub fn another_node(&self) -> Self {
        let issuer = self.app.config.server.issuer.clone();
        let config = database::settings(self.folder());
        Self::run(config, None, self.clock.clone(), |config| {
            config.server.issuer = issuer;
            config.oauth = self.app.config.oauth.clone();
            config.outbound = self.app.config.outbound.clone();
            config.mail = self.app.config.mail.clone();
        })
    }

    fn run(mut config: Config, folder: Option<TempDir>, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        leaks::watch();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.limits.registrations_per_minute = 0;
        config.limits.logins_per_minute = 0;
        config.limits.letters_per_hour = 0;
        config.limits.claims_per_minute = 0;
        config.limits.interactions_per_minute = 0;
        config.limits.pushed_requests_per_minute = 0;
        let default_issuer = config.server.issuer.clone();
        change(&mut config);
        let derive_issuer = config.server.issuer == default_issuer;
        let runtime = Runtime::new().unwrap();
        let started = runtime.block_on(start(config, derive_issuer, None, clock.clone())).unwrap();
        let app = started.app.clone();
        let address = started.listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let service = http::router::service(app.clone());
        runtime.spawn(http::server::serve(started.listener, service, 1024, async {
            let _ = stopped.await;
        }));
        let url = app.issuer.clone();
        Self { app, clock, url, address, stop: Some(stop), runtime: Some(runtime), folder }
    }

    /// Why a server does not start on a folder that another one has used before; `secret` takes the place of the
    /// folder's own.
    pub fn refusal_to_start(folder: &Path, secret: Option<&str>, change: impl FnOnce(&mut Config)) -> String {
        let mut config = database::settings(folder);
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        change(&mut config);
        let started = Runtime::new().unwrap().block_on(start(config, true, secret, Clock::manual(BEGINNING)));
        format!("{:#}", started.err().expect("the server starts"))
    }

    /// How many rows of a table fulfil the condition, an SQL expression of the test's own.
    pub fn count(&self, table: &str, condition: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {condition}");
        self.block_on(self.app.db.read(move |tx| tx.query_one(&sql, &[])?.get(0))).unwrap_or_else(failed)
    }

    /// Changes rows behind the server's back: for what no endpoint makes yet.
    pub fn execute(&self, sql: &str) {
        let sql = sql.to_owned();
        self.block_on(self.app.db.write(move |tx| tx.execute(&sql, &[]))).unwrap_or_else(failed);
    }

    /// Where it is called.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// Waits for a future of the server's own API.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().unwrap().block_on(future)
    }

    /// Stops, and starts again on the same folder with the same clock. Connections are closed.
    pub fn restart(self) -> Self {
        let clock = self.clock.clone();
        Self::in_folder(self.stop(), clock, |_| {})
    }

    /// Stops, and gives back the folder as it lies there.
    pub fn stop(mut self) -> TempDir {
        self.folder.take().unwrap()
    }
}

fn failed<T>(error: db::Error) -> T {
    panic!("{error}")
}

async fn start(
    config: Config,
    derive_issuer: bool,
    secret: Option<&str>,
    clock: Clock,
) -> anyhow::Result<cli::start::Started> {
    let secrets = Secrets::load(&config.data, secret, None, Random::system())?;
    cli::start::start(config, derive_issuer, secrets, clock, Random::system()).await
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        }
        if let Some(folder) = &self.folder {
            database::forget(folder.path());
        }
        if !std::thread::panicking() {
            leaks::check();
        }
    }
}
