//! Group commit: one thread runs the writes that wait in one transaction, each as if it were alone, commits
//! once, and only then answers all of them. An idle server so commits at once, a busy one shares the cost of
//! reaching the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::engine::Writer;
use super::{Error, Statistics, Tx};

/// A group of so many waits for no more.
const ENOUGH: usize = 32;
/// After a failure so many groups use savepoints.
const CAREFUL: u32 = 64;
/// How often a closure runs that other nodes are in the way of, and how much longer is waited each time.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(2);

/// The queue of writes and the thread that works it off. Dropping it works off what waits, then closes the writer.
pub(super) struct Batcher {
    queue: Option<SyncSender<Box<dyn Work>>>,
    thread: Option<thread::JoinHandle<()>>,
    progress: Arc<Progress>,
}

/// What the writing thread lets others see.
#[derive(Default)]
struct Progress {
    groups: AtomicU64,
    closures: AtomicU64,
    retries: AtomicU64,
    failed: AtomicBool,
}

impl Batcher {
    /// Starts the thread. At most `queue` writes wait, at most `group` share a commit.
    pub(super) fn start(writer: Writer, queue: usize, group: usize) -> Result<Self, Error> {
        let (sender, receiver) = sync_channel(queue.max(1));
        let progress = Arc::new(Progress::default());
        let seen = Arc::clone(&progress);
        let thread = thread::Builder::new()
            .name("agentid-writer".to_owned())
            .spawn(move || work_off(writer, &receiver, group.max(1), &seen))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { queue: Some(sender), thread: Some(thread), progress })
    }

    /// Queues `closure` and waits for its commit.
    pub(super) async fn submit<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let stopped = || Error::Unavailable("the writer has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.try_send(Box::new(Call { closure, result: None, reply })).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped().into()))
    }

    pub(super) fn last_write_failed(&self) -> bool {
        let has_ended = self.thread.as_ref().is_none_or(thread::JoinHandle::is_finished);
        has_ended || self.progress.failed.load(Ordering::Relaxed)
    }

    pub(super) fn statistics(&self) -> Statistics {
        Statistics {
            groups: self.progress.groups.load(Ordering::Relaxed),
            closures: self.progress.closures.load(Ordering::Relaxed),
            retries: self.progress.retries.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Batcher {
    fn drop(&mut self) {
        drop(self.queue.take());
        // A closure may hold the last handle, and a thread can not wait for itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the writer of the database panicked");
        }
    }
}

fn work_off(mut writer: Writer, queue: &Receiver<Box<dyn Work>>, size: usize, progress: &Progress) {
    let mut careful = 0;
    while let Ok(first) = queue.recv() {
        let mut group = gather(first, queue, size);
        group.retain(|work| work.is_wanted());
        if group.is_empty() {
            continue;
        }
        let mut outcome = run_group(&mut writer, &mut group, &mut careful);
        if outcome.is_err() && writer.was_lost_in_time() {
            outcome = run_group(&mut writer, &mut group, &mut careful);
        }
        // A closure that the storage failed does not take its group's commit away.
        let is_lost = outcome.as_ref().is_err_and(|error| *error != Error::Conflict);
        let failed = match outcome {
            Err(Error::Conflict) => {
                writer.roll_back();
                run_singly(&mut writer, &mut group, progress)
            }
            Ok(failed) => failed,
            Err(error) => {
                writer.roll_back();
                group.iter_mut().for_each(|work| work.fail(&error));
                true
            }
        };
        progress.failed.store(failed, Ordering::Relaxed);
        if !is_lost {
            progress.groups.fetch_add(1, Ordering::Relaxed);
            progress.closures.fetch_add(group.len() as u64, Ordering::Relaxed);
        }
        group.into_iter().for_each(Work::answer);
        writer.tend();
    }
}

/// The group that `first` begins: what waits already, and as long as others join it, those who are at work on this core,
/// for a commit costs about as much as ten writes. Where nobody else wants the core, this waits for nothing. Nor does
/// it once the group is [`ENOUGH`]: then the core has something to do while the disk is busy with the commit.
fn gather(first: Box<dyn Work>, queue: &Receiver<Box<dyn Work>>, size: usize) -> Vec<Box<dyn Work>> {
    let mut group = vec![first];
    group.extend(queue.try_iter().take(size - 1));
    let enough = ENOUGH.min(size);
    let mut before = 0;
    while before < group.len() && group.len() < enough {
        before = group.len();
        thread::yield_now();
        group.extend(queue.try_iter().take(enough - before));
    }
    group
}

/// One transaction. Says whether the storage failed a closure. `Err`: nothing of the group was kept.
///
/// Closures rarely fail, and savepoints cost each of them a copy of every page that it writes, or a message to the server. So
/// the group does without, and when one fails that has neighbours, the group runs once more with savepoints; so do
/// the next [`CAREFUL`] groups, lest somebody who provokes failures makes everybody run twice.
fn run_group(writer: &mut Writer, group: &mut [Box<dyn Work>], careful: &mut u32) -> Result<bool, Error> {
    if *careful == 0 {
        if let Some(failed) = run_together(writer, group)? {
            return Ok(failed);
        }
        *careful = CAREFUL;
    }
    *careful -= 1;
    run_apart(writer, group)
}

/// Runs the group without savepoints. `None`: one of several failed, so nothing was kept, and they are to run again.
fn run_together(writer: &mut Writer, group: &mut [Box<dyn Work>]) -> Result<Option<bool>, Error> {
    writer.begin()?;
    let is_alone = group.len() == 1;
    for work in group.iter_mut() {
        let (keep, failure) = run_one(writer, work.as_mut())?;
        if !keep {
            writer.roll_back();
            return Ok(is_alone.then(|| is_temporary(failure.as_ref())));
        }
    }
    writer.commit()?;
    Ok(Some(false))
}

/// Runs each closure of the group in its savepoint; what poisoned it is its own affair.
fn run_apart(writer: &mut Writer, group: &mut [Box<dyn Work>]) -> Result<bool, Error> {
    writer.begin()?;
    let mut failed = false;
    for work in group.iter_mut() {
        writer.session()?.control("SAVEPOINT closure")?;
        let (keep, failure) = run_one(writer, work.as_mut())?;
        if !keep {
            writer.session()?.control("ROLLBACK TO SAVEPOINT closure")?;
        }
        writer.session()?.control("RELEASE SAVEPOINT closure")?;
        failed |= is_temporary(failure.as_ref());
    }
    writer.commit()?;
    Ok(failed)
}

/// Another node was in the way of one closure, and the group is lost with it: each runs again in a transaction of its
/// own, some times over.
fn run_singly(writer: &mut Writer, group: &mut [Box<dyn Work>], progress: &Progress) -> bool {
    let mut failed = false;
    for work in group.iter_mut() {
        let mut outcome = Err(Error::Conflict);
        for attempt in 0..ATTEMPTS {
            progress.retries.fetch_add(1, Ordering::Relaxed);
            outcome = run_together(writer, std::slice::from_mut(work));
            if outcome != Err(Error::Conflict) {
                break;
            }
            writer.roll_back();
            thread::park_timeout(PAUSE * attempt);
        }
        if let Err(error) = &outcome {
            writer.roll_back();
            // Whoever had bad luck so often is told to come again.
            work.fail(if *error == Error::Conflict { &Error::Busy } else { error });
        }
        failed |= outcome.unwrap_or(Some(true)).unwrap_or(true);
    }
    failed
}

/// Runs one closure: whether what it wrote is to be kept, and what poisoned it. `Err`: the transaction is lost, for
/// SQLite answers a full disk by rolling back not the savepoint but everything, its neighbours' writes too, and
/// PostgreSQL dooms it as a whole when another one was in its way.
fn run_one(writer: &Writer, work: &mut dyn Work) -> Result<(bool, Option<Error>), Error> {
    let mut tx = Tx::new(writer.session()?);
    let keep = work.run(&mut tx);
    let failure = tx.into_failure();
    if failure == Some(Error::Conflict) {
        return Err(Error::Conflict);
    }
    if !writer.in_transaction() {
        let lost = || Error::Unavailable("the transaction was lost".to_owned());
        return Err(failure.filter(Error::is_temporary).unwrap_or_else(lost));
    }
    Ok((keep, failure))
}

fn is_temporary(failure: Option<&Error>) -> bool {
    failure.is_some_and(Error::is_temporary)
}

/// A [`Call`] whose types are erased.
trait Work: Send {
    /// Whether somebody still waits for the answer.
    fn is_wanted(&self) -> bool;
    /// Runs the closure and keeps its result. Says whether what it wrote is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Puts a failure in the place of its result.
    fn fail(&mut self, failure: &Error);
    /// Gives the caller the result.
    fn answer(self: Box<Self>);
}

struct Call<T, E, F> {
    closure: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for Call<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.result.insert(tx.run(&self.closure)).is_ok()
    }

    fn fail(&mut self, failure: &Error) {
        self.result = Some(Err(failure.clone().into()));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // A caller that has gone since is not told; what it asked for is done.
            drop(self.reply.send(result));
        }
    }
}
