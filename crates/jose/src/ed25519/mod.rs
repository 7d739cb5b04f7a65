//! Ed25519 (RFC 8032): an agent *is* such a key. Whoever holds a [`PublicKey`] holds a checked one.

mod public_key;
mod signature;
mod signing_key;

pub use public_key::{InvalidKey, PublicKey};
pub use signature::Signature;
pub use signing_key::{InvalidSigningKey, SigningKey};
