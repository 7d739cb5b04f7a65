//! Agent ID for programs: be an [`Agent`], or verify what agents bring with a [`Verifier`].
//!
//! # Be an agent
//!
//! An agent *is* its key. Registered once, it gets a token for any API in one call:
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/server.rs"));
//! # fn main() -> anyhow::Result<()> {
//! # let server = RunningServer::start(agentid_client::Clock::system())?;
//! # let (issuer, folder) = (server.issuer.as_str(), tempfile::tempdir()?);
//! # let key_file = folder.path().join("key.pem");
//! use agentid_client::{Agent, Key};
//!
//! // A file for its owner alone. It is made when there is none, and never overwritten.
//! let key = Key::load_or_make(&key_file)?;
//! let agent = Agent::register(issuer, "news reader", key)?;
//!
//! // From then on, the id and the key are all it takes.
//! let agent = Agent::new(issuer, agent.id(), Key::load(&key_file)?)?;
//! let token = agent.token(&["https://api.example"])?;
//! assert!(token.authorization().starts_with("Bearer "));
//!
//! // While it has more than a minute left, it is used again: ask before each request.
//! assert_eq!(agent.token(&["https://api.example"])?.as_str(), token.as_str());
//! # Ok(())
//! # }
//! ```
//!
//! # Verify a token
//!
//! An API needs the issuer, and the name by which agents ask for tokens for it. Nothing is asked about a single token;
//! the server's keys are fetched now and then.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/server.rs"));
//! # fn main() -> anyhow::Result<()> {
//! # use agentid_client::{Agent, Key};
//! # let server = RunningServer::start(agentid_client::Clock::system())?;
//! # let issuer = server.issuer.as_str();
//! # let agent = Agent::register(issuer, "news reader", Key::generate())?;
//! # let token = agent.token(&["https://api.example"])?;
//! # let token = token.as_str();
//! use agentid_client::{Verifier, VerifyError};
//!
//! let verifier = Verifier::new(issuer, "https://api.example")?;
//! let claims = verifier.verify(token)?;
//! assert_eq!(claims.sub, agent.id());
//! assert!(claims.has_scope("name"));
//! if !claims.overseen {
//!     println!("nobody answers for {}", claims.sub);
//! }
//!
//! // A token for another API is not for this one.
//! let other = Verifier::new(issuer, "https://other.example")?;
//! assert!(matches!(other.verify(token), Err(VerifyError::Audience(_))));
//! # Ok(())
//! # }
//! ```
//!
//! A token that was revoked is good until it expires, 15 minutes at most. [`Verifier::with_revocation_list`] makes that
//! seconds.
//!
//! # Bound tokens
//!
//! A thief can use a bearer token. One from [`Agent::dpop_token`] is worth nothing without the key (DPoP, RFC 9449): each
//! request brings a fresh proof, which [`Verifier::verify_dpop`] checks.
//!
//! ```
//! # use agentid_client::Key;
//! # let (key, token) = (Key::generate(), "a token");
//! let proof = key.proof("GET", "https://api.example/news", Some(token));
//! let headers = [("authorization", format!("DPoP {token}")), ("dpop", proof)];
//! # assert_eq!(headers[1].1.split('.').count(), 3);
//! ```
//!
//! Everything here blocks; in an async program, call it on a thread for blocking work. Nothing is sent unencrypted to
//! another machine, no redirect is followed, and answers are bounded in size and time.

mod agent;
mod assertion;
pub mod challenge;
mod error;
pub mod http;
mod key;
pub mod private_file;
pub mod registration;
mod token;
mod verifier;

pub use agent::Agent;
pub use agentid_jose::clock::Clock;
pub use agentid_jose::dpop::InvalidProof;
pub use agentid_jose::ed25519::{InvalidSigningKey, SigningKey};
pub use agentid_jose::jws::JwsError;
pub use error::{AddressError, CallError};
pub use key::{Key, KeyError};
pub use token::{Token, TokenRequest};
pub use verifier::{Claims, EntityType, RevocationList, Verifier, VerifierError, VerifyError};
