//! A child process that serves HTTP, pinned to a core, and what the kernel says of it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::cores::Core;

/// A running child; it is killed when dropped.
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    /// Since when.
    pub started: Instant,
    child: Child,
    /// Kept open: a child that may not print any more could fail.
    _output: BufReader<ChildStdout>,
    /// Its end tells our own children that we are gone.
    _input: Option<ChildStdin>,
    log: PathBuf,
}

/// How much memory a process holds, in bytes.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At most, since it began.
    pub peak: u64,
}

/// How long a process has run, and whose child it is.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The process that started it.
    pub parent: u32,
    /// All of its threads.
    pub own: Duration,
    /// Its children that have ended.
    pub ended: Duration,
}

impl Times {
    /// Of any process; it may just have ended.
    pub fn of(process: u32) -> anyhow::Result<Self> {
        let path = format!("/proc/{process}/stat");
        Self::parse(&fs::read_to_string(&path).with_context(|| format!("{path} can not be read"))?)
    }

    fn parse(stat: &str) -> anyhow::Result<Self> {
        // The name in the second field may hold anything, also spaces; the last parenthesis ends it.
        let (_, fields) = stat.rsplit_once(')').context("/proc/…/stat has no name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
        let seconds = |ticks: u64| ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        let times = || {
            let (own, ended) = (number(11)? + number(12)?, number(13)? + number(14)?);
            Some(Self {
                parent: u32::try_from(number(1)?).ok()?,
                own: Duration::from_secs_f64(seconds(own)),
                ended: Duration::from_secs_f64(seconds(ended)),
            })
        };
        times().context("/proc/…/stat does not say how long the process has run")
    }
}

impl Process {
    /// Starts `command` and waits until it says ` listens on http://…`. Its standard error goes to the file `log`.
    pub fn start(mut command: Command, core: Core, log: &Path) -> anyhow::Result<Self> {
        let errors = File::create(log).with_context(|| format!("{} can not be written", log.display()))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = core.run(|| command.spawn().with_context(|| format!("{command:?} does not start")))?;
        let stdout = child.stdout.take().context("the child has no standard output")?;
        let input = child.stdin.take();
        let mut output = BufReader::new(stdout);
        let address = listening(&mut output);
        let log = log.to_owned();
        match address {
            Some(address) => Ok(Self { address, started: Instant::now(), child, _output: output, _input: input, log }),
            None => {
                child.wait()?;
                bail!("the server did not start: {}", fs::read_to_string(log).unwrap_or_default())
            }
        }
    }

    /// How long it has run on its core, in all of its threads.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        Ok(Times::parse(&self.proc("stat")?)?.own)
    }

    /// How much memory it holds.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        let status = self.proc("status")?;
        Ok(Memory { resident: number(&status, "VmRSS:")? * 1024, peak: number(&status, "VmHWM:")? * 1024 })
    }

    /// How many bytes it has caused to be written to the disk.
    pub fn bytes_to_disk(&self) -> anyhow::Result<u64> {
        number(&self.proc("io")?, "write_bytes:")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("the child has no id")?;
        kill_process(id, Signal::TERM).context("the server can not be stopped")?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server did not end well ({status}): {}", self.log());
        }
        Ok(())
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).with_context(|| format!("{path} can not be read: has the server ended?"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address that it prints once it serves; `None` when it ends instead.
fn listening(output: &mut BufReader<ChildStdout>) -> Option<SocketAddr> {
    let mut lines = output.lines().map_while(Result::ok);
    lines.find_map(|line| line.split_once(" listens on http://")?.1.trim().parse().ok())
}

fn number(text: &str, name: &str) -> anyhow::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|line| line.split_whitespace().next()).and_then(|value| value.parse().ok());
    value.with_context(|| format!("/proc does not say {name}"))
}
