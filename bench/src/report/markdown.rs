//! `bench/RESULTS.md`, which nobody edits by hand.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::{Report, table};

/// Writes the file beside the benchmark's source.
pub fn write(report: &Report) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
    fs::write(&path, document(report)).with_context(|| format!("{} can not be written", path.display()))
}

fn document(report: &Report) -> String {
    let (machine, lengths) = (&report.machine, &report.lengths);
    let mut text = format!(
        "# What the server reaches\n\n\
         Written by `cargo run --release --manifest-path bench/Cargo.toml -- --write`; do not edit it.\n\n\
         {date}, {server}, on {processor} with {cores} cores and {memory} MB of memory, kernel {kernel}, databases on \
         {filesystem}.\n\n\
         The release server runs on one core, the loader on another, with {connections} keep-alive connections that each \
         send the next request when they have an answer. Every request is unique, and was built and signed before the \
         clock started. {rounds} rounds of {round:.0} s after {warm_up:.1} s of warm-up; each figure is the median, with \
         the least and the greatest round beside it. Commits are durable (`synchronous=FULL`), purging is on, limits per \
         address are off. Core time is what the kernel counts for the server's threads. A share is a rate by the limit of \
         the same round.\n",
        date = machine.date,
        server = machine.server,
        processor = machine.processor,
        cores = machine.cores,
        memory = machine.memory,
        kernel = machine.kernel,
        filesystem = machine.filesystem,
        connections = report.connections,
        rounds = lengths.rounds,
        round = lengths.round.as_secs_f64(),
        warm_up = lengths.warm_up.as_secs_f64(),
    );
    for section in report.sections() {
        text.push_str(&format!("\n## {}\n\n{}", section.title, table::markdown(&section.head, &section.rows)));
        for note in &section.notes {
            text.push_str(&format!("\n{note}\n"));
        }
    }
    text
}
