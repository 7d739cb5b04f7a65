//! What every measurement needs: where the server is, where it may write, how long a round is.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use hyper::body::Bytes;

use crate::bare;
use crate::call::Request;
use crate::cores::Cores;
use crate::costs::Costs;
use crate::load::{Load, Round};
use crate::process::Process;
use crate::server::Data;
use crate::workload::Workload;
use crate::world::World;

/// How many agents call.
const AGENTS: usize = 1000;

/// The lengths of one run.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Lengths {
    /// Rounds of each workload.
    pub rounds: usize,
    /// How long a round is.
    pub round: Duration,
    /// How long the bare server is loaded beside each round.
    pub bare: Duration,
    /// How long each workload runs before it is measured.
    pub warm_up: Duration,
    /// Groups of rows for the cost of a row.
    pub groups: usize,
    /// Starts of the server.
    pub starts: usize,
    /// Purges of expired rows.
    pub purges: usize,
    /// Whether PostgreSQL is measured with a large table too.
    pub large_table: bool,
}

/// The tools of every measurement.
pub struct Bench {
    /// The server's program.
    pub binary: PathBuf,
    /// Who runs where.
    pub cores: Cores,
    /// Where databases are put.
    pub folder: PathBuf,
    /// Connections of the loader.
    pub connections: usize,
    /// How long it all takes.
    pub lengths: Lengths,
    /// The bare server.
    pub bare: Process,
}

impl Bench {
    /// A server on this data folder, with agents and clients.
    pub async fn world(&self, data: &Data) -> anyhow::Result<World> {
        let server = data.serve(&self.binary, self.cores.server)?;
        World::make(server, data, AGENTS).await
    }

    /// The costs now.
    pub fn costs(&self) -> anyhow::Result<Costs> {
        Costs::measure(self.cores.server, &self.folder, self.lengths.groups)
    }

    /// A round of the bare server now.
    pub async fn bare_round(&self) -> anyhow::Result<Round> {
        bare::load(&self.bare, &self.load(self.lengths.bare)).await
    }

    /// The usual load for a while.
    pub fn load(&self, duration: Duration) -> Load {
        Load::lasting(self.connections, duration)
    }

    /// Sends requests that were prepared for a workload, and keeps what its next round begins with.
    pub async fn round(
        &self,
        world: &mut World,
        workload: Workload,
        requests: Vec<Request>,
        duration: Duration,
    ) -> anyhow::Result<Round> {
        let load = Load { keep_bodies: workload.learns(), ..self.load(duration) };
        let mut round = load.run(&world.server, requests).await?;
        if workload.learns() {
            world.learn(&round.answers)?;
            round.answers.iter_mut().for_each(|answer| answer.body = Bytes::new());
        }
        Ok(round)
    }

    /// One request, to see that the server does what is measured.
    pub async fn probe(&self, world: &mut World, workload: Workload) -> anyhow::Result<()> {
        let requests = workload.prepare(world, 1).await?;
        let answers = world.ask(requests).await?;
        match answers.first() {
            Some(answer) if workload.is_answered_by(answer) => Ok(()),
            answer => bail!("not what {} expects: {answer:?}", workload.name()),
        }
    }

    /// Warms the server up, and says how many answers a second to prepare for.
    pub async fn warm_up(&self, world: &mut World, workload: Workload) -> anyhow::Result<f64> {
        let duration = self.lengths.warm_up;
        let requests = workload.prepare(world, workload.guess(duration)).await?;
        Ok(self.round(world, workload, requests, duration).await?.rate())
    }
}

/// Says on standard error how far it is.
pub fn progress(text: &str) {
    eprintln!("[{}] {text}", jiff::Timestamp::now().strftime("%H:%M:%S"));
}
