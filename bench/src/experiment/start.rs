//! How soon a server is ready on a database that has rows.

use serde::Serialize;

use crate::bench::{Bench, progress};
use crate::server::Data;
use crate::statistics::Spread;

/// From the start of the process to the first good answer of `/ready`.
#[derive(Serialize)]
pub struct Start {
    /// Milliseconds.
    pub ready: Spread,
    /// How often it was started.
    pub starts: usize,
    /// How large the database was, in MB.
    pub database: f64,
}

/// Starts and stops it some times. No server may run on `data`.
pub async fn measure(bench: &Bench, data: &Data) -> anyhow::Result<Start> {
    progress("starting the server");
    let starts = bench.lengths.starts;
    let mut took = Vec::new();
    for _ in 0..starts {
        took.push(data.time_to_ready(&bench.binary, bench.cores.server).await?.as_secs_f64() * 1e3);
    }
    let database = std::fs::metadata(data.database())?.len() as f64 / 1e6;
    Ok(Start { ready: Spread::of(took), starts, database })
}
