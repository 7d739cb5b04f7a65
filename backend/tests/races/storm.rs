//! Callers that do not pause, around one deed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

const CALLERS: usize = 8;
/// How often each caller asks before the deed at least, and after it.
const BEFORE: usize = 3;
const AFTER: usize = 3;

/// One answer of the storm.
pub struct Around<T> {
    /// It was asked for when the deed had been answered already.
    pub is_after: bool,
    /// What came.
    pub answer: T,
}

/// Callers ask without pause; in the midst of it `deed` is done, and each asks a few times more. `ask` is told the
/// caller's number.
pub fn around<T: Send>(ask: impl Fn(usize) -> T + Sync, deed: impl FnOnce()) -> Vec<Around<T>> {
    let is_done = AtomicBool::new(false);
    let (asked, is_asked) = channel();
    thread::scope(|scope| {
        let caller = |number| {
            let (asked, ask, is_done) = (asked.clone(), &ask, &is_done);
            scope.spawn(move || {
                let mut answers = Vec::new();
                while answers.iter().filter(|around: &&Around<T>| around.is_after).count() < AFTER {
                    let is_after = is_done.load(Ordering::SeqCst);
                    answers.push(Around { is_after, answer: ask(number) });
                    // Nobody counts any more once the deed is under way.
                    let _ = asked.send(number);
                }
                answers
            })
        };
        let callers: Vec<_> = (0..CALLERS).map(caller).collect();
        let end = Flag(&is_done);
        let mut counts = [0; CALLERS];
        // Each of them, for some are answered sooner than others.
        while counts.iter().any(|&count| count < BEFORE) {
            counts[is_asked.recv().unwrap()] += 1;
        }
        deed();
        drop(end);
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    })
}

/// Also set when the deed panics, so that the callers come to an end.
struct Flag<'a>(&'a AtomicBool);

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
