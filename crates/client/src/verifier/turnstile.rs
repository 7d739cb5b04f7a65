//! Who may call the server now: one caller at a time, and not more often than agreed.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Remembers when it last let somebody through, Unix seconds.
#[derive(Default)]
pub struct Turnstile(Mutex<Option<i64>>);

impl Turnstile {
    /// Through, for as long as the guard lives; the caller calls the server and stores what it learns. `None` when
    /// somebody went through less than `every` seconds before `now`. While somebody is still inside, it is `None` at
    /// once, or, with `waits`, after that somebody has come out.
    pub fn pass(&self, now: i64, every: i64, waits: bool) -> Option<MutexGuard<'_, Option<i64>>> {
        let mut last = match self.0.try_lock() {
            Ok(last) => last,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if waits => self.0.lock().unwrap_or_else(PoisonError::into_inner),
            Err(TryLockError::WouldBlock) => return None,
        };
        // A time that lies ahead was noted before the clock was set back.
        if last.is_some_and(|last| (0..every).contains(&(now - last))) {
            return None;
        }
        *last = Some(now);
        Some(last)
    }
}
