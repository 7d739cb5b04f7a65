//! Reads: a few threads, each with a connection of its own, run the closures that wait.
//!
//! A thread that is awake goes on until nothing waits, and as long as one is about to look, no other is woken. So
//! when many read, few of them pay for a change of threads, which costs more than the read.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::engine::Reader;
use super::{Error, Settings, Tx};

/// The threads. Dropping it waits for the reads that run.
pub(super) struct Readers {
    queue: Arc<Queue>,
    threads: Vec<thread::JoinHandle<()>>,
    /// How many may run or wait.
    places: usize,
}

/// What the threads share with those who ask.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Box<dyn Look>>,
    running: usize,
    /// Threads that are about to take what waits.
    looking: usize,
    /// Threads that sleep and have not been told to wake up.
    asleep: usize,
    /// Threads that were told to wake up and have not yet.
    calls: usize,
    is_closed: bool,
}

impl Readers {
    /// Starts the threads. Their connections are opened when first needed.
    pub(super) fn start(settings: &Settings) -> Result<Self, Error> {
        let threads = settings.readers.max(1);
        let mut readers = Self { queue: Arc::default(), threads: Vec::new(), places: threads + settings.queue };
        readers.queue.lock().looking = threads;
        for _ in 0..threads {
            let (queue, mut reader) = (Arc::clone(&readers.queue), Reader::new(settings));
            let thread = thread::Builder::new()
                .name("agentid-reader".to_owned())
                .spawn(move || queue.work_off(&mut reader))
                .map_err(|error| Error::Unavailable(error.to_string()))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Queues `closure` and waits for its result; [`Error::Busy`] when too many run or wait.
    pub(super) async fn submit<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue.push(Box::new(Call { closure, result: None, reply }), self.places)?;
        answer.await.unwrap_or_else(|_| Err(Error::Unavailable("the readers have stopped".to_owned()).into()))
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.lock().is_closed = true;
        self.queue.woken.notify_all();
        for thread in self.threads.drain(..) {
            // A closure may hold the last handle, and a thread can not wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a reader of the database panicked");
            }
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, look: Box<dyn Look>, places: usize) -> Result<(), Error> {
        let mut state = self.lock();
        if state.waiting.len() + state.running >= places {
            return Err(Error::Busy);
        }
        state.waiting.push_back(look);
        self.call(&mut state);
        Ok(())
    }

    /// Sees to it that somebody looks, unless all are busy: they look when they are done.
    fn call(&self, state: &mut State) {
        if state.looking == 0 && state.asleep > 0 {
            state.asleep -= 1;
            state.looking += 1;
            state.calls += 1;
            self.woken.notify_one();
        }
    }

    fn work_off(&self, reader: &mut Reader) {
        while let Some(mut look) = self.next() {
            look.run(reader);
            let mut state = self.lock();
            state.running -= 1;
            state.looking += 1;
            drop(state);
            // Whoever has its answer finds its place free.
            look.answer();
        }
    }

    /// What waits longest, once there is something; `None` at the end. The thread is counted among those that look.
    fn next(&self) -> Option<Box<dyn Look>> {
        let mut state = self.lock();
        loop {
            if state.waiting.is_empty() {
                // Where others want this core, they may ask before it sleeps, and need not wake it.
                drop(state);
                thread::yield_now();
                state = self.lock();
            }
            let next = state.waiting.pop_front();
            state.looking -= 1;
            if let Some(look) = next {
                state.running += 1;
                if !state.waiting.is_empty() {
                    self.call(&mut state);
                }
                return Some(look);
            }
            state.asleep += 1;
            while state.calls == 0 {
                if state.is_closed {
                    return None;
                }
                state = self.woken.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.calls -= 1;
        }
    }
}

/// A [`Call`] whose types are erased.
trait Look: Send {
    /// Runs the closure and keeps its result, unless nobody waits for it.
    fn run(&mut self, reader: &mut Reader);
    /// Gives the caller the result.
    fn answer(self: Box<Self>);
}

struct Call<T, E, F> {
    closure: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Look for Call<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, reader: &mut Reader) {
        if !self.reply.is_closed() {
            self.result = Some(reader.run(&self.closure));
        }
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // A caller that has gone since is not told.
            drop(self.reply.send(result));
        }
    }
}
