//! How many bytes one token leaves: in the database, in its log, and altogether on the disk.

use std::path::Path;

use serde::Serialize;

use super::fill::Database;
use super::wal::Meter;
use crate::bench::Bench;
use crate::workload::Workload;
use crate::world::World;

/// Of one token in one call, with its spent assertion.
#[derive(Serialize)]
pub struct PerToken {
    /// Tokens counted.
    pub tokens: usize,
    /// By which the database grew.
    pub database: f64,
    /// Written to the write-ahead log.
    pub log: f64,
    /// Written to the disk by the server, the log and the database together.
    pub disk: f64,
}

/// Issues tokens for a round, and counts. Nothing may expire meanwhile, so this comes first in a run.
pub async fn measure(bench: &Bench, world: &mut World, database: &Path) -> anyhow::Result<PerToken> {
    let rate = bench.warm_up(world, Workload::OneCall).await?;
    let duration = bench.lengths.round;
    let count = (rate * duration.as_secs_f64() * 1.5) as usize;
    let requests = Workload::OneCall.prepare(world, count).await?;
    let file = Database::open(database)?;
    let (size, disk) = (file.bytes()?, world.server.bytes_to_disk()?);
    let meter = Meter::start(database)?;
    let round = bench.round(world, Workload::OneCall, requests, duration).await?;
    let log = meter.stop()?;
    let tokens = round.answers.len();
    let each = |bytes: u64| bytes as f64 / tokens as f64;
    Ok(PerToken {
        tokens,
        database: each(file.bytes()?.saturating_sub(size)),
        log: each(log),
        disk: each(world.server.bytes_to_disk()?.saturating_sub(disk)),
    })
}
