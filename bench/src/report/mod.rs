//! What was measured, as JSON, as tables and as `bench/RESULTS.md`.

mod engines;
mod markdown;
mod sections;
mod table;
mod verdicts;

use serde::Serialize;

use crate::bench::{Bench, Lengths};
use crate::costs::Costs;
use crate::experiment::bytes::PerToken;
use crate::experiment::pages::Page;
use crate::experiment::postgres::Outcome;
use crate::experiment::purge::Purge;
use crate::experiment::rows::Rows;
use crate::experiment::soak::Soak;
use crate::experiment::start::Start;
use crate::machine::Machine;
use crate::rounds::Measured;

pub use markdown::write;

/// Everything of one run.
#[derive(Serialize)]
pub struct Report {
    /// Where and when.
    pub machine: Machine,
    /// How long.
    pub lengths: Lengths,
    /// Connections of the loader.
    pub connections: usize,
    /// The costs at the beginning.
    pub costs: Costs,
    /// The workloads.
    pub workloads: Vec<Measured>,
    /// Bytes for a token.
    pub bytes: Option<PerToken>,
    /// The time to get ready.
    pub start: Option<Start>,
    /// Pages with a long history against those with a short one.
    pub pages: Vec<Page>,
    /// A large table against a small one.
    pub rows: Option<Rows>,
    /// Purging meanwhile.
    pub purge: Option<Purge>,
    /// The other engine.
    pub postgres: Option<Outcome>,
    /// Beyond the first expiry.
    pub soak: Option<Soak>,
}

/// A table with a title and what is to be known of it.
pub(crate) struct Section {
    title: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Report {
    /// With nothing measured but the costs.
    pub fn begin(bench: &Bench) -> anyhow::Result<Self> {
        Ok(Self {
            machine: Machine::read(&bench.folder, &bench.binary),
            lengths: bench.lengths,
            connections: bench.connections,
            costs: bench.costs()?,
            workloads: Vec::new(),
            bytes: None,
            start: None,
            pages: Vec::new(),
            rows: None,
            purge: None,
            postgres: None,
            soak: None,
        })
    }

    /// All tables, for a terminal.
    pub fn text(&self) -> String {
        let sections = self.sections();
        let texts = sections.iter().map(|section| {
            let notes: String = section.notes.iter().map(|note| format!("  {note}\n")).collect();
            format!("{}\n{}{notes}", section.title, table::text(&section.head, &section.rows))
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    fn sections(&self) -> Vec<Section> {
        let figures = [sections::workloads(self), sections::load(self), sections::others(self), engines::section(self)];
        let all = figures.into_iter().chain([verdicts::section(self)]);
        all.filter(|section| !section.rows.is_empty() || !section.notes.is_empty()).collect()
    }
}
