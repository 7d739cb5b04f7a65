//! An agent's key, which is all that it is: made once, kept in a file for its owner alone.

use std::path::{Path, PathBuf};

use agentid_jose::clock::Clock;
use agentid_jose::ed25519::{InvalidSigningKey, SigningKey};
use agentid_jose::random::Random;
use agentid_jose::{dpop, jwk};

use crate::assertion;
use crate::private_file::{self, FileError};

/// An Ed25519 key with its private half. It has no `Debug`, `Display` or `Serialize`, so that no log can show it.
pub struct Key(SigningKey);

/// Why a key's file is not used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It can not be read or written, or others can read it.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is none.
    #[error("there is no key at {0}: make one with `Key::load_or_make`, or with `agentid agent keygen`")]
    Missing(PathBuf),
    /// It holds something else.
    #[error("{path}: {error}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: InvalidSigningKey,
    },
}

impl Key {
    /// A new key, which lies nowhere: for tests, and for agents that live as long as the program.
    pub fn generate() -> Self {
        Self(SigningKey::generate(Random::system()))
    }

    /// Reads a PEM file (PKCS#8), as `agentid agent keygen` and `openssl genpkey -algorithm ed25519` write it.
    ///
    /// # Errors
    /// Any [`KeyError`]; a file that others can read is refused.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        Self::find(path)?.ok_or_else(|| KeyError::Missing(path.to_owned()))
    }

    /// Like [`Self::load`]; where there is no file, a new key is made and written, with mode 0600. A file that is there
    /// is never overwritten, whatever it holds.
    ///
    /// ```
    /// # fn main() -> anyhow::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("key.pem");
    /// use agentid_client::Key;
    ///
    /// let key = Key::load_or_make(&path)?;
    /// assert_eq!(Key::load_or_make(&path)?.public_key(), key.public_key());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub fn load_or_make(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        if let Some(key) = Self::find(path)? {
            return Ok(key);
        }
        let key = Self::generate();
        // Another program may have made one at the same time: the first counts, for both.
        if private_file::create(path, &key.0.to_pkcs8_pem())? { Ok(key) } else { Self::load(path) }
    }

    /// The key of a file, or `None` when there is no file.
    ///
    /// # Errors
    /// Any [`KeyError`] but [`KeyError::Missing`].
    pub fn find(path: &Path) -> Result<Option<Self>, KeyError> {
        let Some(text) = private_file::read(path)? else { return Ok(None) };
        let key = SigningKey::from_pkcs8_pem(&text);
        let key = key.map_err(|error| KeyError::Invalid { path: path.to_owned(), error })?;
        Ok(Some(Self(key)))
    }

    /// The public half: 32 bytes in base64url, as the server takes and shows it.
    pub fn public_key(&self) -> String {
        self.0.public_key().to_base64url()
    }

    /// The public half's thumbprint (RFC 7638), which a bound token names as `cnf.jkt`.
    pub fn thumbprint(&self) -> String {
        jwk::thumbprint(&self.0.public_key())
    }

    /// A DPoP proof (RFC 9449) for one request: the value of the header `DPoP`. With `access_token` it goes with that
    /// token alone, as an API asks; without, it says who is calling, as the server's own endpoints ask. `url` may have a
    /// query. It is good once, and for 60 seconds.
    pub fn proof(&self, method: &str, url: &str, access_token: Option<&str>) -> String {
        let extras = dpop::Extras { access_token, nonce: None };
        dpop::sign(dpop::Request { method, url }, extras, &self.0, Clock::system().now(), Random::system())
    }

    /// An assertion (RFC 7523): `client_assertion` at the token endpoint of just this issuer. It is good once, and for
    /// 60 seconds. `client_id` is the agent's id.
    pub fn assertion(&self, client_id: &str, issuer: &str) -> String {
        assertion::sign(&self.0, client_id, issuer, &Clock::system())
    }

    /// The same key without the wrapping.
    pub fn into_signing_key(self) -> SigningKey {
        self.0
    }
}

impl From<SigningKey> for Key {
    fn from(key: SigningKey) -> Self {
        Self(key)
    }
}

impl AsRef<SigningKey> for Key {
    fn as_ref(&self) -> &SigningKey {
        &self.0
    }
}
