//! Keys, signatures and envelopes. What a client needs as well stands in the crate `agentid-jose`, and is
//! named here as if it were part of this module. A leaf: nothing here knows of agents, HTTP or the database.

pub mod key_input;
pub mod key_set;
pub mod sealed;

pub use agentid_jose::{
    base64url, canonical_json, claims, constant_time_eq, dpop, ed25519, jwk, jws, openssh, sha256, sha512, signer,
    strict_json, verifying_key,
};
