//! Measures the server against what its core can do at all. `--help` says how, `CONTRIBUTING.md` what for.

mod arguments;
mod bare;
mod bench;
mod call;
mod cores;
mod costs;
mod dance;
mod experiment;
mod load;
mod machine;
mod postgres;
mod process;
mod report;
mod rounds;
mod row;
mod server;
mod sign;
mod statistics;
mod strict_dance;
mod workload;
mod world;

use std::io::Write as _;
use std::path::PathBuf;

use clap::Parser as _;

use crate::arguments::{Arguments, Experiment, Part};
use crate::bench::{Bench, progress};
use crate::cores::Cores;
use crate::experiment::{bytes, pages, postgres as engines, purge, rows, soak, start, strict};
use crate::report::Report;
use crate::server::Data;
use crate::workload::Workload;

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some(bare::ARGUMENT) {
        return bare::serve();
    }
    let arguments = Arguments::parse();
    let cores = Cores::find()?;
    let binary = match &arguments.server {
        Some(binary) => server::check(binary)?,
        None => server::build()?,
    };
    cores.loader.pin()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(arguments, cores, binary))
}

async fn run(arguments: Arguments, cores: Cores, binary: PathBuf) -> anyhow::Result<()> {
    let folder = arguments.folder()?;
    let logs = tempfile::tempdir_in(&folder)?;
    let bare = bare::start(cores.server, logs.path())?;
    let connections = arguments.connections;
    let bench = Bench { binary, cores, folder, connections, lengths: arguments.lengths(), bare };
    let report = measure(&arguments, &bench).await?;
    write!(std::io::stdout(), "{}", report.text())?;
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    if arguments.write {
        report::write(&report)?;
    }
    Ok(())
}

/// In this order: bytes are counted before anything expires, and the start is on the database that all the others
/// have left.
async fn measure(arguments: &Arguments, bench: &Bench) -> anyhow::Result<Report> {
    let wants = |experiment| arguments.wants(Part::Experiment(experiment));
    let data = Data::new(&bench.folder)?;
    let database = data.database();
    progress("registering agents and clients");
    let mut world = bench.world(&data).await?;
    let mut report = Report::begin(bench)?;
    if wants(Experiment::Bytes) {
        report.bytes = Some(bytes::measure(bench, &mut world, &database).await?);
    }
    for workload in arguments.workloads() {
        report.workloads.push(if workload == Workload::StrictSignIn {
            strict::measure(bench).await?
        } else {
            rounds::measure(bench, &mut world, workload).await?
        });
    }
    // A soak that lasts no time shows nothing, and must not look as if it did.
    if wants(Experiment::Soak) && !arguments.soak().is_zero() {
        report.soak = Some(soak::measure(bench, &mut world, &database, arguments.soak()).await?);
    }
    world.server.stop()?;
    if wants(Experiment::Start) {
        report.start = Some(start::measure(bench, &data).await?);
    }
    if wants(Experiment::Pages) {
        report.pages = pages::measure(bench).await?;
    }
    if wants(Experiment::Purge) {
        report.purge = Some(purge::measure(bench, bench.lengths.purges).await?);
    }
    if wants(Experiment::Rows) {
        report.rows = Some(rows::measure(bench).await?);
    }
    if wants(Experiment::Postgres) {
        report.postgres = Some(engines::measure(bench).await?);
    }
    Ok(report)
}
