//! Whether purging makes others wait: 100,000 expired tokens are put into the database between two purges, and the
//! answers while they are deleted are compared with those of a round just before, when they lay there too.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::Serialize;
use tokio::time::sleep;

use super::fill::Database;
use crate::bench::{Bench, progress};
use crate::load::{Answer, Round};
use crate::server::Data;
use crate::sign::now;
use crate::statistics::{Spread, percentile};
use crate::workload::Workload;
use crate::world::World;

const ROWS: u64 = 100_000;
/// How often the server purges, beginning with its start.
const EVERY: Duration = Duration::from_secs(30);
/// How long before a purge the load begins.
const AHEAD: Duration = Duration::from_secs(1);
/// How long the load goes on; a purge that takes longer is measured as far as that.
const LONGEST: Duration = Duration::from_secs(25);
/// How often is looked how much is left.
const LOOK: Duration = Duration::from_millis(50);
/// So few that they may have expired by themselves.
const NONE: u64 = 100;

/// What came of it.
#[derive(Serialize)]
pub struct Purge {
    /// How often it was done.
    pub times: usize,
    /// Milliseconds, in a round before.
    pub before: Spread,
    /// Milliseconds, while rows were deleted.
    pub during: Spread,
    /// During by before, of each time its own.
    pub ratio: Spread,
    /// How long the rows took to go, in seconds.
    pub took: Spread,
    /// How many were left when the load ended.
    pub left: Spread,
    /// Tokens a second before.
    pub rate_before: Spread,
    /// Tokens a second during.
    pub rate_during: Spread,
    /// How many requests failed.
    pub errors: u64,
}

/// One time.
struct Once {
    before: f64,
    during: f64,
    took: f64,
    left: f64,
    rate_before: f64,
    rate_during: f64,
    errors: u64,
}

/// When rows began to go and when all had gone, since the load began; or how many were left in the end.
struct Window {
    from: Duration,
    to: Duration,
    left: u64,
}

/// Some times over, on a database of its own: what others left behind would be purged too.
pub async fn measure(bench: &Bench, times: usize) -> anyhow::Result<Purge> {
    let data = Data::new(&bench.folder)?;
    let mut world = bench.world(&data).await?;
    let rate = bench.warm_up(&mut world, Workload::OneCall).await?;
    let mut all = Vec::new();
    for number in 1..=times {
        let once = once(bench, &mut world, &data.database(), rate).await?;
        progress(&format!("purge {number}/{times}: p99 {:.1} ms, then {:.1} ms", once.before, once.during));
        all.push(once);
    }
    let of = |value: fn(&Once) -> f64| Spread::of(all.iter().map(value));
    Ok(Purge {
        times,
        before: of(|once| once.before),
        during: of(|once| once.during),
        ratio: of(|once| once.during / once.before),
        took: of(|once| once.took),
        left: of(|once| once.left),
        rate_before: of(|once| once.rate_before),
        rate_during: of(|once| once.rate_during),
        errors: all.iter().map(|once| once.errors).sum(),
    })
}

async fn once(bench: &Bench, world: &mut World, database: &Path, rate: f64) -> anyhow::Result<Once> {
    let started = world.server.started;
    let prepared = |duration: Duration| (rate * duration.as_secs_f64() * 1.2) as usize;
    let file = Database::open(database)?;
    // The quiet time after a purge that left nothing, when the next is still far.
    loop {
        sleep_until(next_purge(started) + Duration::from_secs(8)).await;
        if file.expired(now() - 1800)? < NONE {
            break;
        }
    }
    file.add_tokens(ROWS, now() - 3600, 0)?;
    let length = bench.lengths.round;
    let requests = Workload::OneCall.prepare(world, prepared(length)).await?;
    let before = bench.round(world, Workload::OneCall, requests, length).await?;
    let requests = Workload::OneCall.prepare(world, prepared(LONGEST)).await?;
    let purge = next_purge(started);
    ensure!(purge - AHEAD > Instant::now(), "the purge began before the load was prepared");
    sleep_until(purge - AHEAD).await;
    let path = database.to_owned();
    let watcher = std::thread::spawn(move || watch(path));
    let after = bench.round(world, Workload::OneCall, requests, LONGEST).await?;
    let window = watcher.join().map_err(|_| anyhow::anyhow!("the watcher panicked"))??;
    Ok(Once::of(&before, &after, &window))
}

impl Once {
    fn of(before: &Round, after: &Round, window: &Window) -> Self {
        let is_in = |answer: &&Answer| (window.from..window.to).contains(&Duration::from_micros(answer.at.into()));
        let mut during: Vec<u32> = after.answers.iter().filter(is_in).map(|answer| answer.took).collect();
        let took = (window.to - window.from).as_secs_f64();
        Self {
            before: before.latency(0.99),
            during: f64::from(percentile(&mut during, 0.99)) / 1000.0,
            took,
            left: window.left as f64,
            rate_before: before.rate(),
            rate_during: during.len() as f64 / took,
            errors: before.error_count() + after.error_count(),
        }
    }
}

fn watch(database: PathBuf) -> anyhow::Result<Window> {
    let began = Instant::now();
    let file = Database::open(&database)?;
    let mut from = None;
    loop {
        let left = file.expired(now() - 1800)?;
        let at = began.elapsed();
        if left < ROWS && from.is_none() {
            from = Some(at);
        }
        if left < NONE || at > LONGEST {
            return Ok(Window { from: from.context("the server purged nothing")?, to: at, left });
        }
        std::thread::sleep(LOOK);
    }
}

fn next_purge(started: Instant) -> Instant {
    let periods = started.elapsed().as_secs() / EVERY.as_secs() + 1;
    started + EVERY * u32::try_from(periods).unwrap_or(u32::MAX)
}

async fn sleep_until(when: Instant) {
    sleep(when.saturating_duration_since(Instant::now())).await;
}
