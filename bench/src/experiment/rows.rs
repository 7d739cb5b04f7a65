//! Whether a large table slows tokens down: two servers, one with 10,000 rows in `access_tokens` and one with
//! 1,000,000, loaded in turn so that the machine's mood hits both.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fill::Database;
use crate::bench::{Bench, progress};
use crate::load::{self, Round};
use crate::server::Data;
use crate::sign::now;
use crate::statistics::Spread;
use crate::workload::Workload;
use crate::world::World;

/// Rows in the small table.
pub(super) const FEW: u64 = 10_000;
/// Rows in the large one.
pub(super) const MANY: u64 = 1_000_000;
/// The rows live on for longer than this takes, in seconds.
pub(super) const EXTRA: i64 = 3600;

/// The one-call workload on both.
#[derive(Serialize)]
pub struct Rows {
    /// Answers a second with few rows.
    pub few: Spread,
    /// Answers a second with many.
    pub many: Spread,
    /// Many by few, of each pair of rounds its own.
    pub ratio: Spread,
    /// What failed.
    pub errors: BTreeMap<String, u64>,
}

/// Fills two databases and measures on both.
pub async fn measure(bench: &Bench) -> anyhow::Result<Rows> {
    let (few_data, many_data) = (Data::new(&bench.folder)?, Data::new(&bench.folder)?);
    let few = stocked(bench, &few_data, FEW).await?;
    let many = stocked(bench, &many_data, MANY).await?;
    compare(bench, few, many).await
}

/// Loads one and the other, of which the second has many rows.
pub(super) async fn compare(bench: &Bench, mut few: World, mut many: World) -> anyhow::Result<Rows> {
    let mut rate = bench.warm_up(&mut few, Workload::OneCall).await?;
    rate = rate.max(bench.warm_up(&mut many, Workload::OneCall).await?);
    let mut pairs = Vec::new();
    for number in 1..=bench.lengths.rounds {
        let pair = (round(bench, &mut few, rate).await?, round(bench, &mut many, rate).await?);
        progress(&format!("rows {number}: {:.0}/s and {:.0}/s", pair.0.rate(), pair.1.rate()));
        rate = rate.max(pair.0.rate()).max(pair.1.rate());
        pairs.push(pair);
    }
    Ok(Rows {
        few: Spread::of(pairs.iter().map(|(few, _)| few.rate())),
        many: Spread::of(pairs.iter().map(|(_, many)| many.rate())),
        ratio: Spread::of(pairs.iter().map(|(few, many)| many.rate() / few.rate())),
        errors: load::errors(pairs.iter().flat_map(|(few, many)| [few, many])),
    })
}

async fn stocked(bench: &Bench, data: &Data, rows: u64) -> anyhow::Result<World> {
    let world = bench.world(data).await?;
    progress(&format!("filling a database with {rows} tokens"));
    Database::open(&data.database())?.add_tokens(rows, now(), EXTRA)?;
    Ok(world)
}

/// One round of one-call tokens, where `rate` a second are expected.
pub(super) async fn round(bench: &Bench, world: &mut World, rate: f64) -> anyhow::Result<Round> {
    let duration = bench.lengths.round;
    let count = (rate * duration.as_secs_f64() * 1.3) as usize;
    let requests = Workload::OneCall.prepare(world, count).await?;
    bench.round(world, Workload::OneCall, requests, duration).await
}
