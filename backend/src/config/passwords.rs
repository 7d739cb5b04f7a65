//! `[passwords]`: how much of the machine the hashing of overseers' passwords may take.

use std::thread::available_parallelism;

use super::error::Rule;
use super::section::section;

section! {
    /// How much of the machine the hashing of overseers' passwords may take.
    "passwords" => Passwords {
        /// How many threads hash passwords.
        threads: u32 = half_the_cores() => "half the cores, at least 1";
        /// How many logins may wait for such a thread; one more is answered 503.
        queue: u32 = 32;
    }
}

fn half_the_cores() -> u32 {
    let cores = available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
    (cores / 2).clamp(1, MAX_THREADS)
}

const MAX_THREADS: u32 = 1024;

impl Passwords {
    pub(super) fn check(&self) -> Result<(), Rule> {
        Rule::within("passwords.threads", self.threads, 1..=MAX_THREADS)?;
        Rule::within("passwords.queue", self.queue, 1..=u32::MAX)
    }
}
