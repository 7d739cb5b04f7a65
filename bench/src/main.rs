//! Measures the server against what its core can do at all. `--help` says how, `CONTRIBUTING.md` what for.

mod arguments;
mod bare;
mod bench;
mod call;
mod cores;
mod costs;
mod load;
mod process;
mod rounds;
mod row;
mod server;
mod sign;
mod statistics;
mod wal;
mod workload;
mod world;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::bench::{Bench, progress};
use crate::cores::Cores;
use crate::server::Data;

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

async fn run(arguments: Arguments, cores: Cores, binary: std::path::PathBuf) -> anyhow::Result<()> {
    let folder = arguments.folder()?;
    let logs = tempfile::tempdir_in(&folder)?;
    let bare = bare::start(cores.server, logs.path())?;
    let connections = arguments.connections;
    let bench = Bench { binary, cores, folder, connections, lengths: arguments.lengths(), bare };
    let data = Data::new(&bench.folder)?;
    let mut world = bench.world(&data).await?;
    progress("measuring");
    for workload in arguments.workloads() {
        let measured = rounds::measure(&bench, &mut world, workload).await?;
        println!("{}", serde_json::to_string(&measured)?);
    }
    Ok(())
}
