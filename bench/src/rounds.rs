//! One workload, several rounds. Before and after each the parts of its limit are measured anew, and before it a round
//! of the bare server is run: the machine's mood then hits both.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::bench::{Bench, progress};
use crate::costs::Costs;
use crate::load::{self, Round};
use crate::statistics::Spread;
use crate::workload::Workload;
use crate::world::World;

/// Prepared beyond what is expected, so that a fast round does not run out of requests.
const RESERVE: f64 = 1.3;

/// What came of a workload.
#[derive(Serialize)]
pub struct Measured {
    /// Its name.
    pub workload: String,
    /// How many verifications its limit counts.
    pub verifications: u32,
    /// How many signatures its limit counts.
    pub signatures: u32,
    /// The share of the limit that it should reach.
    pub target: Option<f64>,
    /// Why it could not be measured.
    pub skipped: Option<String>,
    /// Answers a second.
    pub rate: Spread,
    /// What the core could do at most, answers a second.
    pub limit: Spread,
    /// The limit without any row, for workloads that write none.
    pub limit_without_row: Spread,
    /// Rate by limit, of each round its own.
    pub ratio: Spread,
    /// Milliseconds.
    pub p50: Spread,
    /// Milliseconds.
    pub p99: Spread,
    /// The bare server's, milliseconds.
    pub bare_p99: Spread,
    /// The bare server's core time for an answer, in microseconds.
    pub bare_cost: Spread,
    /// The server's core time for an answer, in microseconds.
    pub server_cost: Spread,
    /// The share of its core that the server used.
    pub server_share: Spread,
    /// The share of its core that the loader used.
    pub loader_share: Spread,
    /// The same while the bare server was loaded.
    pub bare_loader_share: Spread,
    /// The share of its core that the bare server used.
    pub bare_server_share: Spread,
    /// The server's memory after each round, in MB.
    pub resident: Spread,
    /// Answers counted in all rounds.
    pub answers: u64,
    /// What failed in all rounds, by what it was. With any, the figures are worth nothing.
    pub errors: BTreeMap<String, u64>,
    /// The costs measured beside it.
    pub costs: Option<Costs>,
}

/// A round, and what was measured beside it.
struct Pair {
    costs: Costs,
    bare: Round,
    round: Round,
    resident: f64,
}

/// Measures the workload, or says why not.
pub async fn measure(bench: &Bench, world: &mut World, workload: Workload) -> anyhow::Result<Measured> {
    if let Some(what) = workload.lacks(world) {
        return Ok(Measured::skipped(workload, format!("this server has not got {what}")));
    }
    if let Err(error) = bench.probe(world, workload).await {
        return Ok(Measured::skipped(workload, format!("{error:#}")));
    }
    let mut rate = bench.warm_up(world, workload).await?;
    let mut pairs = Vec::new();
    for number in 1..=bench.lengths.rounds {
        let pair = pair(bench, world, workload, rate).await?;
        rate = rate.max(pair.round.rate());
        progress(&format!("{} {number}/{}: {:.0}/s", workload.name(), bench.lengths.rounds, pair.round.rate()));
        pairs.push(pair);
    }
    Ok(Measured::of(workload, &pairs))
}

async fn pair(bench: &Bench, world: &mut World, workload: Workload, rate: f64) -> anyhow::Result<Pair> {
    let duration: Duration = bench.lengths.round;
    let count = (rate * duration.as_secs_f64() * RESERVE) as usize;
    let requests = workload.prepare(world, count).await?;
    let before = bench.costs()?;
    let bare = bench.bare_round().await?;
    let round = bench.round(world, workload, requests, duration).await?;
    let costs = Costs::median([before, bench.costs()?].iter());
    let resident = world.server.memory()?.resident as f64 / 1e6;
    Ok(Pair { costs, bare, round, resident })
}

impl Measured {
    fn skipped(workload: Workload, why: String) -> Self {
        progress(&format!("{}: {why}", workload.name()));
        Self { skipped: Some(why), ..Self::named(workload) }
    }

    fn named(workload: Workload) -> Self {
        let (verifications, signatures) = workload.verifications_and_signatures();
        let none = Spread::default();
        Self {
            workload: workload.name(),
            verifications,
            signatures,
            target: workload.target(),
            skipped: None,
            rate: none,
            limit: none,
            limit_without_row: none,
            ratio: none,
            p50: none,
            p99: none,
            bare_p99: none,
            bare_cost: none,
            server_cost: none,
            server_share: none,
            loader_share: none,
            bare_loader_share: none,
            bare_server_share: none,
            resident: none,
            answers: 0,
            errors: BTreeMap::new(),
            costs: None,
        }
    }

    fn of(workload: Workload, pairs: &[Pair]) -> Self {
        let (verifications, signatures) = workload.verifications_and_signatures();
        let spread = |value: &dyn Fn(&Pair) -> f64| Spread::of(pairs.iter().map(value));
        let answering = |pair: &Pair| pair.bare.server_cost() * f64::from(workload.requests());
        let cost = |pair: &Pair| pair.costs.of(verifications, signatures, answering(pair));
        Self {
            rate: spread(&|pair| pair.round.rate()),
            limit: spread(&|pair| 1.0 / cost(pair)),
            limit_without_row: spread(&|pair| 1.0 / (cost(pair) - pair.costs.row.core)),
            ratio: spread(&|pair| pair.round.rate() * cost(pair)),
            p50: spread(&|pair| pair.round.latency(0.5)),
            p99: spread(&|pair| pair.round.latency(0.99)),
            bare_p99: spread(&|pair| pair.bare.latency(0.99)),
            bare_cost: spread(&|pair| pair.bare.server_cost() * 1e6),
            server_cost: spread(&|pair| pair.round.server_cost() * 1e6),
            server_share: spread(&|pair| pair.round.server_share()),
            loader_share: spread(&|pair| pair.round.loader_share()),
            bare_loader_share: spread(&|pair| pair.bare.loader_share()),
            bare_server_share: spread(&|pair| pair.bare.server_share()),
            resident: spread(&|pair| pair.resident),
            answers: pairs.iter().map(|pair| pair.round.answers.len() as u64).sum(),
            errors: load::errors(pairs.iter().map(|pair| &pair.round)),
            costs: Some(Costs::median(pairs.iter().map(|pair| &pair.costs))),
            ..Self::named(workload)
        }
    }
}
