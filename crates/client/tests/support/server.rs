// A real server for tests and for the examples in the documentation, which include this file: so it names everything
// by its whole path, and has no attributes for the file as such.

/// A server in this process, on a free port, in a folder of its own, until it is dropped.
pub struct RunningServer {
    /// Its address.
    pub issuer: String,
    runtime: Option<tokio::runtime::Runtime>,
    _folder: tempfile::TempDir,
}

impl RunningServer {
    /// With limits per address off, and everything else as shipped.
    pub fn start(clock: agentid_client::Clock) -> anyhow::Result<Self> {
        Self::with(clock, agentid::config::DpopNonce::Off)
    }

    /// The same, and each proof has to carry a nonce.
    pub fn with_nonces(clock: agentid_client::Clock) -> anyhow::Result<Self> {
        Self::with(clock, agentid::config::DpopNonce::Required)
    }

    fn with(clock: agentid_client::Clock, nonce: agentid::config::DpopNonce) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut config = agentid::config::Config::for_data(folder.path());
        config.server.listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        config.limits.registrations_per_minute = 0;
        config.oauth.dpop_nonce = nonce;
        let random = agentid::random::Random::system();
        let secrets = agentid::server_secret::Secrets::load(folder.path(), None, None, random)?;
        let runtime = tokio::runtime::Runtime::new()?;
        let started = runtime.block_on(agentid::cli::start::start(config, true, secrets, clock, random))?;
        let issuer = started.app.issuer.clone();
        let service = agentid::http::router::service(started.app);
        runtime.spawn(agentid::http::server::serve(started.listener, service, 1024, std::future::pending()));
        Ok(Self { issuer, runtime: Some(runtime), _folder: folder })
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
