//! The command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};

use crate::bench::Lengths;
use crate::workload::Workload;

/// Measures the server on one core, loaded from another, against what that core can do at all.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  cargo run --release --manifest-path bench/Cargo.toml
  cargo run --release --manifest-path bench/Cargo.toml -- --quick
  cargo run --release --manifest-path bench/Cargo.toml -- --only one-call --only refresh --rounds 9
  cargo run --release --manifest-path bench/Cargo.toml -- --server ../old/agentid --json old.json")]
pub struct Arguments {
    /// Short rounds, and nothing that takes minutes
    #[arg(long)]
    quick: bool,
    /// Measure just this; may repeat
    #[arg(long, value_name = "NAME", value_parser = parse_part)]
    only: Vec<Part>,
    /// Measure this program instead of the one that is built from the source beside
    #[arg(long, value_name = "FILE")]
    pub server: Option<PathBuf>,
    /// Connections of the loader
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Rounds of each workload [default: 5, quick: 3]
    #[arg(long)]
    rounds: Option<usize>,
    /// How long a round is [default: 5, quick: 1]
    #[arg(long)]
    seconds: Option<f64>,
    /// How long the soak is; 0 leaves it out [default: 16, quick: 0]
    #[arg(long, value_name = "MINUTES")]
    soak: Option<f64>,
    /// Put databases into this folder, which must lie on a real disk [default: the benchmark's target folder]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Write everything that was measured to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write bench/RESULTS.md
    #[arg(long)]
    pub write: bool,
}

/// Something that can be asked for alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A workload.
    Workload(Workload),
    /// Anything else.
    Experiment(Experiment),
}

/// What is measured besides the workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// Bytes in the database and its log for a token
    Bytes,
    /// Start on an existing database
    Start,
    /// 1,000,000 tokens in the database against 10,000
    Rows,
    /// PostgreSQL against SQLite, and its own 1,000,000 tokens against 10,000
    Postgres,
    /// Pages of the dashboard with a history of 10,000 requests against one of 100
    Pages,
    /// Purging 100,000 expired rows meanwhile
    Purge,
    /// The one-call workload beyond the first expiry
    Soak,
}

impl Arguments {
    /// The workloads that are wanted.
    pub fn workloads(&self) -> Vec<Workload> {
        let all = Workload::value_variants().iter().copied();
        all.filter(|workload| self.wants(Part::Workload(*workload))).collect()
    }

    /// Whether this is wanted: it was named, or nothing was.
    pub fn wants(&self, part: Part) -> bool {
        let takes_minutes = matches!(part, Part::Experiment(Experiment::Rows | Experiment::Purge | Experiment::Soak));
        if self.only.is_empty() { !(self.quick && takes_minutes) } else { self.only.contains(&part) }
    }

    /// How long everything takes.
    pub fn lengths(&self) -> Lengths {
        let seconds = |full: f64, quick: f64| Duration::from_secs_f64(if self.quick { quick } else { full });
        let count = |full, quick| if self.quick { quick } else { full };
        Lengths {
            rounds: self.rounds.unwrap_or(count(5, 3)).max(1),
            round: self.seconds.map_or(seconds(5.0, 1.0), Duration::from_secs_f64),
            bare: seconds(1.0, 0.3),
            warm_up: seconds(1.0, 0.5),
            groups: count(400, 100),
            starts: count(15, 5),
            purges: count(3, 1),
            large_table: !self.quick,
        }
    }

    /// How long the soak is.
    pub fn soak(&self) -> Duration {
        Duration::from_secs_f64(self.soak.unwrap_or(16.0) * 60.0)
    }

    /// Where databases are put.
    pub fn folder(&self) -> anyhow::Result<PathBuf> {
        let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/data");
        let folder = self.folder.clone().unwrap_or_else(own);
        std::fs::create_dir_all(&folder).with_context(|| format!("{} can not be made", folder.display()))?;
        Ok(folder)
    }
}

fn parse_part(name: &str) -> Result<Part, String> {
    let workload = Workload::from_str(name, false).map(Part::Workload);
    let part = workload.or_else(|_| Experiment::from_str(name, false).map(Part::Experiment));
    part.map_err(|_| {
        let workloads = Workload::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let experiments = Experiment::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<_> = workloads.chain(experiments).map(|value| value.get_name().to_owned()).collect();
        format!("choose one of {}", names.join(", "))
    })
}
