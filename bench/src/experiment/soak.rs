//! The one-call workload for longer than a token lives: in its last minute as much is purged as is issued.
//! Assertions are good for a minute, so it goes in laps, and each lap is signed just before it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::fill::Database;
use crate::bench::{Bench, progress};
use crate::load::Round;
use crate::statistics::Spread;
use crate::workload::Workload;
use crate::world::World;

const LAP: Duration = Duration::from_secs(10);
/// Laps that are compared at both ends: about a minute.
const END: usize = 6;

/// What came of it.
#[derive(Serialize)]
pub struct Soak {
    /// How long it was, in minutes.
    pub minutes: f64,
    /// Tokens issued.
    pub tokens: u64,
    /// Tokens a second, by lap.
    pub rate: Spread,
    /// The same in the first minute.
    pub first_rate: Spread,
    /// The same in the last minute, when tokens expire.
    pub last_rate: Spread,
    /// Milliseconds, by lap.
    pub p99: Spread,
    /// The same in the last minute.
    pub last_p99: Spread,
    /// The bare server's, by lap.
    pub bare_p99: Spread,
    /// The most memory that the server held, in MB.
    pub peak: f64,
    /// Bytes in use in the database at the end, in MB.
    pub database: f64,
    /// What failed.
    pub errors: BTreeMap<String, u64>,
}

struct Lap {
    rate: f64,
    p99: f64,
    bare_p99: f64,
}

/// Runs for at least as long as this.
pub async fn measure(bench: &Bench, world: &mut World, database: &Path, length: Duration) -> anyhow::Result<Soak> {
    let began = Instant::now();
    let mut rate = bench.warm_up(world, Workload::OneCall).await?;
    let (mut laps, mut tokens, mut errors) = (Vec::new(), 0, BTreeMap::new());
    while began.elapsed() < length {
        let requests = Workload::OneCall.prepare(world, (rate * LAP.as_secs_f64() * 1.3) as usize).await?;
        let bare = bench.bare_round().await?;
        let round = bench.round(world, Workload::OneCall, requests, LAP).await?;
        rate = round.rate();
        tokens += round.answers.len() as u64;
        for (error, count) in &round.errors {
            *errors.entry(error.clone()).or_default() += count;
        }
        laps.push(Lap::of(&bare, &round));
        if laps.len() % END == 0 {
            progress(&format!("soak: {:.0} minutes, {rate:.0}/s", began.elapsed().as_secs_f64() / 60.0));
        }
    }
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    let last = laps.get(laps.len().saturating_sub(END)..).unwrap_or(&laps);
    let of = |laps: &[Lap], value: fn(&Lap) -> f64| Spread::of(laps.iter().map(value));
    Ok(Soak {
        minutes,
        tokens,
        rate: of(&laps, |lap| lap.rate),
        first_rate: Spread::of(laps.iter().take(END).map(|lap| lap.rate)),
        last_rate: of(last, |lap| lap.rate),
        p99: of(&laps, |lap| lap.p99),
        last_p99: of(last, |lap| lap.p99),
        bare_p99: of(&laps, |lap| lap.bare_p99),
        peak: world.server.memory()?.peak as f64 / 1e6,
        database: Database::open(database)?.bytes()? as f64 / 1e6,
        errors,
    })
}

impl Lap {
    fn of(bare: &Round, round: &Round) -> Self {
        Self { rate: round.rate(), p99: round.latency(0.99), bare_p99: bare.latency(0.99) }
    }
}
