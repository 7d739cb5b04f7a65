//! The server on PostgreSQL: one-call tokens against the same server on SQLite, round by round, and with a large table
//! against a small one. The node keeps its core; PostgreSQL's processes run on any, so mostly on the loader's, which
//! is rarely busy. The three share one machine and one disk.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::copy;
use super::rows::{self, EXTRA, FEW, MANY, Rows};
use crate::bench::{Bench, progress};
use crate::load::{self, Round};
use crate::postgres::{Postgres, Programs};
use crate::server::{self, Data};
use crate::sign::now;
use crate::statistics::Spread;
use crate::workload::Workload;
use crate::world::World;

/// What came of it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Why it was not measured.
    Skipped(String),
    /// What was measured.
    Measured(Box<Engines>),
}

/// One-call tokens on both engines.
#[derive(Serialize)]
pub struct Engines {
    /// Which PostgreSQL.
    pub version: String,
    /// What its durability and its memory are set to.
    pub settings: BTreeMap<&'static str, String>,
    /// The node on SQLite.
    pub sqlite: Node,
    /// The node on PostgreSQL.
    pub postgres: Node,
    /// The core time of PostgreSQL's processes for a token, in microseconds.
    pub database_cost: Spread,
    /// The share of one core that they used.
    pub database_share: Spread,
    /// PostgreSQL's rate by SQLite's, of each pair of rounds its own.
    pub ratio: Spread,
    /// A large table against a small one, both on PostgreSQL.
    pub rows: Option<Rows>,
}

/// One of the two.
#[derive(Serialize)]
pub struct Node {
    /// Tokens a second.
    pub rate: Spread,
    /// Milliseconds.
    pub p50: Spread,
    /// Milliseconds.
    pub p99: Spread,
    /// The node's core time for a token, in microseconds.
    pub cost: Spread,
    /// The share of its core that the node used.
    pub share: Spread,
    /// The share of its core that the loader used.
    pub loader_share: Spread,
    /// What failed.
    pub errors: BTreeMap<String, u64>,
}

/// A round on each, and how long PostgreSQL's processes ran in its own.
struct Pair {
    sqlite: Round,
    postgres: Round,
    database: Duration,
}

/// Measures both, or says why not.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let programs = match Programs::find() {
        Ok(programs) if server::knows_postgres(&bench.binary)? => programs,
        Ok(_) => return Ok(skipped("this server runs on SQLite only")),
        Err(why) => return Ok(skipped(&why)),
    };
    progress("starting PostgreSQL");
    let server = Postgres::start(&programs, bench)?;
    let pairs = pairs(bench, &server).await?;
    let rows = if bench.lengths.large_table { Some(large_table(bench, &server).await?) } else { None };
    let spread = |value: &dyn Fn(&Pair) -> f64| Spread::of(pairs.iter().map(value));
    let mut settings = BTreeMap::new();
    for name in ["fsync", "synchronous_commit", "shared_buffers", "max_wal_size"] {
        settings.insert(name, server.setting(name)?);
    }
    Ok(Outcome::Measured(Box::new(Engines {
        version: server.setting("server_version")?,
        settings,
        sqlite: Node::of(pairs.iter().map(|pair| &pair.sqlite)),
        postgres: Node::of(pairs.iter().map(|pair| &pair.postgres)),
        database_cost: spread(&|pair| pair.database.as_secs_f64() * 1e6 / pair.postgres.answers.len().max(1) as f64),
        database_share: spread(&|pair| pair.database.as_secs_f64() / pair.postgres.elapsed.as_secs_f64()),
        ratio: spread(&|pair| pair.postgres.rate() / pair.sqlite.rate()),
        rows,
    })))
}

fn skipped(why: &str) -> Outcome {
    progress(&format!("PostgreSQL is skipped: {why}"));
    Outcome::Skipped(why.to_owned())
}

async fn pairs(bench: &Bench, server: &Postgres) -> anyhow::Result<Vec<Pair>> {
    let data = (Data::new(&bench.folder)?, Data::on_postgres(&bench.folder, server.create("tokens")?)?);
    let (mut sqlite, mut postgres) = (bench.world(&data.0).await?, bench.world(&data.1).await?);
    for world in [&mut sqlite, &mut postgres] {
        bench.probe(world, Workload::OneCall).await?;
    }
    let mut sqlite_rate = bench.warm_up(&mut sqlite, Workload::OneCall).await?;
    let mut postgres_rate = bench.warm_up(&mut postgres, Workload::OneCall).await?;
    let mut pairs = Vec::new();
    for number in 1..=bench.lengths.rounds {
        let first = rows::round(bench, &mut sqlite, sqlite_rate).await?;
        let before = server.cpu_time()?;
        let second = rows::round(bench, &mut postgres, postgres_rate).await?;
        let database = server.cpu_time()?.saturating_sub(before);
        progress(&format!("engines {number}: SQLite {:.0}/s, PostgreSQL {:.0}/s", first.rate(), second.rate()));
        (sqlite_rate, postgres_rate) = (sqlite_rate.max(first.rate()), postgres_rate.max(second.rate()));
        pairs.push(Pair { sqlite: first, postgres: second, database });
    }
    Ok(pairs)
}

async fn large_table(bench: &Bench, server: &Postgres) -> anyhow::Result<Rows> {
    let (few_url, many_url) = (server.create("few")?, server.create("many")?);
    let few_data = Data::on_postgres(&bench.folder, few_url.clone())?;
    let many_data = Data::on_postgres(&bench.folder, many_url.clone())?;
    let few = stocked(bench, &few_data, &few_url, FEW).await?;
    let many = stocked(bench, &many_data, &many_url, MANY).await?;
    rows::compare(bench, few, many).await
}

async fn stocked(bench: &Bench, data: &Data, url: &str, rows: u64) -> anyhow::Result<World> {
    let world = bench.world(data).await?;
    progress(&format!("filling a database of PostgreSQL with {rows} tokens"));
    copy::add_tokens(url, rows, now(), EXTRA)?;
    Ok(world)
}

impl Node {
    fn of<'a>(rounds: impl Iterator<Item = &'a Round> + Clone) -> Self {
        let spread = |value: &dyn Fn(&Round) -> f64| Spread::of(rounds.clone().map(value));
        Self {
            rate: spread(&Round::rate),
            p50: spread(&|round| round.latency(0.5)),
            p99: spread(&|round| round.latency(0.99)),
            cost: spread(&|round| round.server_cost() * 1e6),
            share: spread(&Round::server_share),
            loader_share: spread(&Round::loader_share),
            errors: load::errors(rounds),
        }
    }
}
