//! The two cores: one for what is measured, one for what loads it. A process inherits the core of the thread
//! that starts it, so nothing but a thread is ever pinned.

use std::thread;

use anyhow::{Context as _, bail};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// One core of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Core(usize);

/// Who runs where.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    /// For the server, and for whatever it is compared with.
    pub server: Core,
    /// For this process.
    pub loader: Core,
    all: CpuSet,
}

impl Cores {
    /// The first two cores that this process may use.
    pub fn find() -> anyhow::Result<Self> {
        let allowed = sched_getaffinity(None).context("the cores of this process can not be read")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).map(Core);
        let (Some(server), Some(loader)) = (cores.next(), cores.next()) else {
            bail!("this needs two cores: one for the server, one for what loads it");
        };
        Ok(Self { server, loader, all: allowed })
    }

    /// Runs `work` on whichever core is free, on a thread of its own, and waits for it: for what belongs to no core.
    pub fn run_on_all<T: Send>(&self, work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
        let free = || {
            sched_setaffinity(None, &self.all).context("can not run on all cores")?;
            work()
        };
        let ended = thread::scope(|scope| scope.spawn(free).join());
        ended.unwrap_or_else(|_| bail!("what ran on all cores panicked"))
    }
}

impl Core {
    /// Keeps this thread, and what it starts from now on, on this core.
    pub fn pin(self) -> anyhow::Result<()> {
        let mut set = CpuSet::new();
        set.set(self.0);
        sched_setaffinity(None, &set).with_context(|| format!("can not run on core {}", self.0))
    }

    /// Runs `work` on this core, on a thread of its own, and waits for it.
    pub fn run<T: Send>(self, work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
        let pinned = || self.pin().and_then(|()| work());
        let ended = thread::scope(|scope| scope.spawn(pinned).join());
        ended.unwrap_or_else(|_| bail!("what ran on core {} panicked", self.0))
    }
}
