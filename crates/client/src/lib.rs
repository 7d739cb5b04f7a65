//! Agent ID for programs.

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
pub use error::{AddressError, CallError};
pub use key::{Key, KeyError};
pub use token::{Token, TokenRequest};
pub use verifier::{Claims, EntityType, RevocationList, Verifier, VerifierError, VerifyError};
