//! Callers as last read, so that a token in one call needs no read before it is verified. Nothing is decided on
//! this alone: the transaction that stores the token compares, and whatever does not fit is read anew.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::oauth::authentication::Party;

/// How many callers are known at most; those that call least are forgotten first.
const MOST: usize = 10_000;

/// A caller, and whether an overseer answered for it.
#[derive(Clone)]
pub struct Known {
    /// The agent or client.
    pub party: Party,
    /// Never true of a client.
    pub is_overseen: bool,
}

/// What this node knows of its callers.
pub struct KnownCallers {
    callers: Cache<Box<str>, Arc<Known>>,
    /// Lines that stand in agents' histories already: once a day is enough, so they need not be tried again.
    lines: Cache<Box<str>, ()>,
}

impl Default for KnownCallers {
    fn default() -> Self {
        Self { callers: Cache::new(MOST), lines: Cache::new(MOST) }
    }
}

impl KnownCallers {
    /// The caller as last read.
    pub fn get(&self, id: &str) -> Option<Arc<Known>> {
        self.callers.get(id)
    }

    /// Remembers what was read.
    pub fn put(&self, known: Known) {
        self.callers.insert(known.party.id().into(), Arc::new(known));
    }

    /// Whether this line was written. False says nothing.
    pub fn is_written(&self, once_a_day: &str) -> bool {
        self.lines.get(once_a_day).is_some()
    }

    /// Remembers a line that was written.
    pub fn put_written(&self, once_a_day: &str) {
        self.lines.insert(once_a_day.into(), ());
    }
}
