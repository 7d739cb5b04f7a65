//! Where the server is. The URL may hold a password, so it is shown without.

use std::fmt;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// `postgres://user:password@host:port/database`, with the options of libpq that the driver knows. Several hosts are
/// tried one after the other.
#[derive(Clone, PartialEq)]
pub struct Url(Vec<Config>);

/// The URL can not be read. It is not repeated, for it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not a URL of PostgreSQL (postgres://user:password@host:5432/database); in a password, write @ as %40, / as \
     %2F and ? as %3F"
)]
pub struct UrlError;

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(UrlError);
        }
        // Here every certificate is verified, name and all.
        let text =
            text.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config = text.parse().map_err(|_| UrlError)?;
        let is_host = |host: &Host| !matches!(host, Host::Tcp(name) if name.is_empty() || name.contains('@'));
        if config.get_hosts().is_empty() || !config.get_hosts().iter().all(is_host) {
            return Err(UrlError);
        }
        // The driver's own default falls back to plain text when the server, or somebody between, says so. On this
        // machine nobody is between, and the certificate of a packaged server is one that nobody trusts.
        let options = text.rsplit_once('?').map_or("", |(_, options)| options);
        if !options.contains("sslmode=") {
            config.ssl_mode(if is_local(&config) { SslMode::Disable } else { SslMode::Require });
        }
        // After a failover the old primary may still answer, but must not be written to.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("agentid");
        }
        Ok(Self((0..config.get_hosts().len()).map(|index| alone(&config, index)).collect()))
    }
}

impl Url {
    /// How each host is reached, in the order of the URL.
    pub(super) fn hosts(&self) -> &[Config] {
        &self.0
    }
}

/// The settings with one of the hosts alone: the driver's patience is with a host, not with all of them.
fn alone(config: &Config, index: usize) -> Config {
    let mut one = Config::new();
    match config.get_hosts().get(index) {
        Some(Host::Tcp(name)) => drop(one.host(name)),
        #[cfg(unix)]
        Some(Host::Unix(path)) => drop(one.host_path(path)),
        None => {}
    }
    let ports = config.get_ports();
    if let Some(&port) = ports.get(index).or_else(|| ports.first()) {
        one.port(port);
    }
    if let Some(&address) = config.get_hostaddrs().get(index) {
        one.hostaddr(address);
    }
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(name) = config.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    if let Some(name) = config.get_application_name() {
        one.application_name(name);
    }
    one.ssl_mode(config.get_ssl_mode());
    one.ssl_negotiation(config.get_ssl_negotiation());
    one.channel_binding(config.get_channel_binding());
    one.target_session_attrs(config.get_target_session_attrs());
    one.keepalives(config.get_keepalives()).keepalives_idle(config.get_keepalives_idle());
    one
}

/// Without the password.
impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.first() else { return Ok(()) };
        formatter.write_str("postgres://")?;
        if let Some(user) = first.get_user() {
            write!(formatter, "{user}@")?;
        }
        for (index, config) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match config.get_hosts().first() {
                Some(Host::Tcp(name)) => write!(formatter, "{comma}{name}")?,
                #[cfg(unix)]
                Some(Host::Unix(path)) => write!(formatter, "{comma}{}", path.display())?,
                None => {}
            }
            if let Some(port) = config.get_ports().first() {
                write!(formatter, ":{port}")?;
            }
        }
        write!(formatter, "/{}", first.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn is_local(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}
