//! Which proofs came already, so that each counts once (RFC 9449 section 11.1). In memory, bounded.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use agentid_jose::dpop::{self, Proof};
use agentid_jose::sha256;

use super::VerifyError;

/// How many are remembered: for as long as a proof is good, 14,000 a second.
const MOST: usize = 1_000_000;
/// How many there may be before the expired ones are first looked for.
const FEW: usize = 1024;
/// How much longer than it is good a proof is remembered, in seconds, for clocks are set back.
const SPARE: i64 = 10;

/// The SHA-256 of each proof's key and `jti`, and until when it is remembered.
#[derive(Default)]
pub struct SpentProofs(Mutex<Spent>);

#[derive(Default)]
struct Spent {
    until: HashMap<[u8; 32], i64>,
    /// At this size the expired ones go.
    sweep_at: usize,
}

impl SpentProofs {
    /// Ok for exactly one caller.
    pub fn spend(&self, proof: &Proof, now: i64) -> Result<(), VerifyError> {
        let id = sha256(&[proof.key.as_bytes(), proof.jti.as_bytes()].concat());
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.until.len() >= spent.sweep_at {
            spent.until.retain(|_, until| *until >= now);
            spent.sweep_at = (2 * spent.until.len()).clamp(FEW, MOST);
        }
        if spent.until.contains_key(&id) {
            return Err(VerifyError::ProofReplayed);
        }
        if spent.until.len() >= MOST {
            return Err(VerifyError::TooManyProofs);
        }
        spent.until.insert(id, proof.iat + dpop::OLDEST + SPARE);
        Ok(())
    }
}
