//! HTTP as a client of a server speaks it. Nothing leaves this machine unencrypted, no redirect is
//! followed, what comes back is bounded in size and time, and a server can be asked who it is.

mod answer;
mod call;

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agentid_jose::issuer::Issuer;
use ureq::tls::TlsConfig;

use crate::error::{AddressError, CallError};

pub use answer::{Answer, text_of};
pub use call::{Call, Exchange};

/// How long a connection, and a whole call, may take.
const CONNECT: Duration = Duration::from_secs(10);
const CALL: Duration = Duration::from_secs(40);

/// A server, by its issuer. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    issuer: Issuer,
    http: ureq::Agent,
    patience: Duration,
    watcher: Option<Sender<Exchange>>,
    /// What the next proof has to carry, as the server said last (RFC 9449 section 8). Those who share the server share it.
    nonce: Arc<Mutex<Option<String>>>,
}

impl Server {
    /// The server with this issuer.
    ///
    /// # Errors
    /// [`AddressError`]: it is no address, or one to which everything would go readable by others.
    pub fn at(url: &str) -> Result<Self, AddressError> {
        let issuer = Issuer::parse(url).ok_or_else(|| AddressError::Malformed(url.to_owned()))?;
        if !issuer.is_protected() {
            return Err(AddressError::Unprotected(url.to_owned()));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let proxy = if issuer.as_str().starts_with("https:") { ureq::Proxy::try_from_env() } else { None };
        let config = ureq::Agent::config_builder()
            .tls_config(TlsConfig::builder().unversioned_rustls_crypto_provider(provider).build())
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("agentid/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { issuer, http: config.into(), patience: CALL, watcher: None, nonce: Arc::default() })
    }

    /// The same server; a call that takes longer fails. 40 seconds unless told otherwise.
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same server; every call is told to `watcher`.
    pub fn watched_by(self, watcher: Sender<Exchange>) -> Self {
        Self { watcher: Some(watcher), ..self }
    }

    /// Its address, without a slash at the end.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Asks who it is. What is signed for a server names its issuer, so the address must be just that.
    ///
    /// # Errors
    /// [`CallError::WrongIssuer`], or why it can not be asked.
    pub fn must_be_itself(&self) -> Result<(), CallError> {
        let index = self.call("GET", "/").send()?.accept()?;
        let answered = text_of(&index, "issuer");
        if Issuer::parse(answered).as_ref() == Some(&self.issuer) {
            return Ok(());
        }
        Err(CallError::WrongIssuer { asked: self.issuer.to_string(), answered: answered.to_owned() })
    }

    /// A call to a path.
    pub fn call<'k>(&self, method: &'static str, path: &str) -> Call<'k> {
        Call::new(self.clone(), method, path)
    }

    /// What the server said last that a proof has to carry.
    pub(crate) fn nonce(&self) -> Option<String> {
        self.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put_nonce(&self, nonce: &str) {
        *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.to_owned());
    }
}
