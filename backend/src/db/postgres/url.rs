//! Where the server is. The URL may hold a password, so it is shown without.

use std::fmt;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// `postgres://user:password@host:port/database`, with the options of libpq that the driver knows.
#[derive(Clone, PartialEq)]
pub struct Url(Box<Config>);

/// The URL can not be read. It is not repeated, for it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a URL of PostgreSQL (postgres://user:password@host:5432/database)")]
pub struct UrlError;

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(UrlError);
        }
        let mut config: Config = text.parse().map_err(|_| UrlError)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(UrlError);
        }
        // The driver's own default falls back to plain text when the server, or somebody between, says so. On this
        // machine nobody is between, and the certificate of a packaged server is one that nobody trusts.
        if !text.contains("sslmode=") {
            config.ssl_mode(if is_local(&config) { SslMode::Disable } else { SslMode::Require });
        }
        // After a failover the old primary may still answer, but must not be written to.
        if config.get_target_session_attrs() == TargetSessionAttrs::Any {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_application_name().is_none() {
            config.application_name("agentid");
        }
        Ok(Self(Box::new(config)))
    }
}

impl Url {
    pub(super) fn config(&self) -> &Config {
        &self.0
    }
}

/// Without the password.
impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("postgres://")?;
        if let Some(user) = self.0.get_user() {
            write!(formatter, "{user}@")?;
        }
        let ports = self.0.get_ports();
        for (index, host) in self.0.get_hosts().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(formatter, "{comma}{name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(formatter, "{comma}{}", path.display())?,
            }
            if let Some(port) = ports.get(index).or_else(|| ports.first()) {
                write!(formatter, ":{port}")?;
            }
        }
        write!(formatter, "/{}", self.0.get_dbname().unwrap_or_default())
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
