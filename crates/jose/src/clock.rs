//! Time as an argument. Everything that needs the time takes a [`Clock`], so that tests can set it;
//! `clippy.toml` bans the other ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where the time comes from. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Milliseconds since the Unix epoch, moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`Clock::advance`] moves it.
    pub fn manual(unix_seconds: i64) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(unix_seconds * 1000))))
    }

    /// Unix seconds, UTC.
    pub fn now(&self) -> i64 {
        self.now_millis().div_euclid(1000)
    }

    /// Unix milliseconds, UTC.
    #[expect(clippy::disallowed_methods, reason = "this is where time enters the program")]
    pub fn now_millis(&self) -> i64 {
        match &self.0 {
            // A clock before 1970 reads as 1970; a millisecond count overflows in the year 292 million.
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            Source::Manual(millis) => millis.load(Ordering::SeqCst),
        }
    }

    /// Moves a manual clock; a system clock is not moved.
    pub fn advance(&self, seconds: i64) {
        if let Source::Manual(millis) = &self.0 {
            millis.fetch_add(seconds * 1000, Ordering::SeqCst);
        }
    }
}

/// A point on the monotonic clock, for measuring how long something took and for deadlines of
/// real work. Never for anything that a rule depends on.
#[expect(clippy::disallowed_methods, reason = "this is where time enters the program")]
pub fn stopwatch() -> Instant {
    Instant::now()
}
