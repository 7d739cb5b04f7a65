//! Keys, signatures and envelopes.
