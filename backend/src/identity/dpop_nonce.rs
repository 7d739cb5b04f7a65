//! Nonces for DPoP proofs (RFC 9449 sections 8 and 9): who shows one has signed within the last minutes, and not long before.
//!
//! A nonce is the minute in which it was given out, and a code that only who has the server's secret can compute. So nothing is
//! stored, every node accepts what another one gave out, and a restart changes nothing.

use crate::crypto::base64url;
use crate::server_secret::Secrets;

/// How long a nonce is the current one, in seconds.
const PERIOD: i64 = 60;
/// For how many periods it is accepted after its own.
const PERIODS: i64 = 4;

/// The nonces of this server. Cheap to clone.
#[derive(Clone)]
pub struct Nonces {
    secrets: Secrets,
    is_required: bool,
}

impl Nonces {
    /// `is_required`: the setting `oauth.dpop_nonce`.
    pub fn new(secrets: Secrets, is_required: bool) -> Self {
        Self { secrets, is_required }
    }

    /// Whether proofs need one.
    pub fn are_required(&self) -> bool {
        self.is_required
    }

    /// The one to use now; every answer carries it, so that a client has the next one before its own runs out. `None` when
    /// none is needed.
    pub fn current(&self, now: i64) -> Option<String> {
        self.is_required.then(|| self.secrets.dpop_nonce(now.div_euclid(PERIOD)))
    }

    /// Whether a proof with this nonce is good. A node whose clock is a minute ahead gives out the next one.
    pub fn accepts(&self, nonce: Option<&str>, now: i64) -> bool {
        if !self.is_required {
            return true;
        }
        let Some(nonce) = nonce else { return false };
        let Some(period) = period_of(nonce) else { return false };
        let current = now.div_euclid(PERIOD);
        (current - PERIODS..=current + 1).contains(&period) && self.secrets.is_dpop_nonce(period, nonce)
    }
}

/// The period that a nonce names, which anybody may have written.
fn period_of(nonce: &str) -> Option<i64> {
    let bytes = base64url::decode_array::<24>(nonce)?;
    Some(i64::from_be_bytes(bytes[..8].try_into().ok()?))
}
