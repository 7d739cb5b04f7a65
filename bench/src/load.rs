//! The loader: some keep-alive connections that each send the next waiting request as soon as they have an
//! answer (a closed loop). Everything that costs time is done before or after.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpStream;

use crate::call::Request;
use crate::dance::{self, Dance};
use crate::process::Process;
use crate::statistics::percentile;
use crate::strict_dance::StrictDance;

/// How to load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Connections at once.
    pub connections: usize,
    /// After how long no further request is sent; `None`: when all are sent.
    pub duration: Option<Duration>,
    /// Whether the bodies of the answers are kept.
    pub keep_bodies: bool,
}

/// One answered request.
pub struct Answer {
    /// Which of the requests.
    pub index: usize,
    /// When it was answered, in microseconds since the round began.
    pub at: u32,
    /// How long it took, in microseconds.
    pub took: u32,
    /// Empty unless kept.
    pub body: Bytes,
}

/// What a round gave.
pub struct Round {
    /// The answers with a status of success.
    pub answers: Vec<Answer>,
    /// Everything else, by what it was.
    pub errors: BTreeMap<String, u64>,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// How much of that the server spent on its core.
    pub server_time: Duration,
    /// How much of that this process spent on its own.
    pub loader_time: Duration,
}

type Waiting = Arc<Mutex<std::iter::Enumerate<std::vec::IntoIter<Request>>>>;

impl Load {
    /// A round of this length.
    pub fn lasting(connections: usize, duration: Duration) -> Self {
        Self { connections, duration: Some(duration), keep_bodies: false }
    }

    /// Until everything is answered, and the answers are kept: for what comes before a measurement.
    pub fn everything() -> Self {
        Self { connections: 64, duration: None, keep_bodies: true }
    }

    /// The length in seconds; zero for one without an end.
    pub fn seconds(&self) -> f64 {
        self.duration.unwrap_or_default().as_secs_f64()
    }

    /// Sends the requests until they or the time run out.
    pub async fn run(&self, server: &Process, requests: Vec<Request>) -> anyhow::Result<Round> {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(connect(server.address).await?);
        }
        let waiting: Waiting = Arc::new(Mutex::new(requests.into_iter().enumerate()));
        let (server_before, loader_before) = (server.cpu_time()?, own_cpu_time());
        let began = Instant::now();
        let until = self.duration.map(|duration| began + duration);
        let keep_bodies = self.keep_bodies;
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|sender| tokio::spawn(send_all(sender, Arc::clone(&waiting), began, until, keep_bodies)))
            .collect();
        let mut round = Round::empty();
        for task in tasks {
            let (answers, error) = task.await.context("a connection of the loader panicked")?;
            round.answers.extend(answers);
            for error in error {
                *round.errors.entry(error).or_default() += 1;
            }
        }
        round.elapsed = began.elapsed();
        round.server_time = server.cpu_time()?.saturating_sub(server_before);
        round.loader_time = own_cpu_time().saturating_sub(loader_before);
        Ok(round)
    }
}

impl Round {
    fn empty() -> Self {
        let none = Duration::ZERO;
        Self { answers: Vec::new(), errors: BTreeMap::new(), elapsed: none, server_time: none, loader_time: none }
    }

    /// Successful answers a second.
    pub fn rate(&self) -> f64 {
        self.answers.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// A percentile (0 to 1) of the time to an answer, in milliseconds.
    pub fn latency(&self, share: f64) -> f64 {
        let mut took: Vec<u32> = self.answers.iter().map(|answer| answer.took).collect();
        f64::from(percentile(&mut took, share)) / 1000.0
    }

    /// What one answer cost the server's core, in seconds.
    pub fn server_cost(&self) -> f64 {
        self.server_time.as_secs_f64() / (self.answers.len().max(1)) as f64
    }

    /// The share of its core that the server used.
    pub fn server_share(&self) -> f64 {
        self.server_time.as_secs_f64() / self.elapsed.as_secs_f64()
    }

    /// The share of its core that the loader used.
    pub fn loader_share(&self) -> f64 {
        self.loader_time.as_secs_f64() / self.elapsed.as_secs_f64()
    }

    /// How many requests failed.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// What failed in all of these, by what it was.
pub fn errors<'a>(rounds: impl IntoIterator<Item = &'a Round>) -> BTreeMap<String, u64> {
    let mut errors = BTreeMap::new();
    for (error, count) in rounds.into_iter().flat_map(|round| &round.errors) {
        *errors.entry(error.clone()).or_default() += count;
    }
    errors
}

/// A connection of its own.
pub async fn connect(address: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("{address} does not answer"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // What goes wrong on it, the sender is told.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

async fn send_all(
    mut sender: SendRequest<Full<Bytes>>,
    waiting: Waiting,
    began: Instant,
    until: Option<Instant>,
    keep_bodies: bool,
) -> (Vec<Answer>, Vec<String>) {
    let (mut answers, mut errors) = (Vec::new(), Vec::new());
    let mut now = Instant::now();
    while until.is_none_or(|until| now < until) {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((index, request)) = next else { break };
        let sent = now;
        let outcome = send(&mut sender, request).await;
        now = Instant::now();
        match outcome {
            Ok(body) => {
                let body = if keep_bodies { body } else { Bytes::new() };
                answers.push(Answer { index, at: micros(now - began), took: micros(now - sent), body });
            }
            Err(error) => errors.push(error),
        }
        if sender.is_closed() {
            break;
        }
    }
    (answers, errors)
}

/// One unit of load: a request, or a request and what follows it.
async fn send(sender: &mut SendRequest<Full<Bytes>>, mut request: Request) -> Result<Bytes, String> {
    if let Some(dance) = request.extensions_mut().remove::<Dance>() {
        return dance.run(sender, request).await;
    }
    match request.extensions_mut().remove::<StrictDance>() {
        Some(dance) => dance.run(sender, request).await,
        None => dance::success(dance::answer(sender, request).await?).await,
    }
}

fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// How long this process has run, in all of its threads.
pub fn own_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
