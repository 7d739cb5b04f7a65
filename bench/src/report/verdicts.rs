//! What was wanted, and whether it was met.

use super::{Report, Section};
use crate::experiment::postgres::Outcome;
use crate::experiment::rows::Rows;
use crate::rounds::Measured;

/// The most memory under load, in MB.
const MEMORY: f64 = 80.0;
/// The longest time to get ready, in milliseconds.
const READY: f64 = 100.0;
/// The least rate with many rows, by that with few.
const MANY_ROWS: f64 = 0.85;
/// The least rate on PostgreSQL, by that on SQLite.
const POSTGRES: f64 = 0.4;
/// The longest median of a page with a long history, by that with a short one.
const LONG_HISTORY: f64 = 1.5;
/// The greatest p99 while purging, by that before.
const PURGING: f64 = 1.2;
/// The longest p99 of the soak on a quiet machine, in milliseconds.
const LATENCY: f64 = 25.0;

/// One target.
struct Verdict {
    what: String,
    wanted: String,
    measured: String,
    is_met: bool,
}

/// Each target that this run says something of.
pub(super) fn section(report: &Report) -> Section {
    let verdicts = report.workloads.iter().filter_map(workload).chain(memory(report)).chain(others(report));
    let row = |verdict: Verdict| {
        let word = if verdict.is_met { "met" } else { "NOT MET" };
        vec![verdict.what, verdict.wanted, verdict.measured, word.to_owned()]
    };
    Section {
        title: "Targets",
        head: vec!["what", "wanted", "measured", "verdict"],
        rows: verdicts.map(row).collect(),
        notes: Vec::new(),
    }
}

fn workload(one: &Measured) -> Option<Verdict> {
    let target = one.target?;
    let what = format!("{}: share of its limit", one.workload);
    let wanted = format!("≥ {target:.1}");
    let measured = match (&one.skipped, one.errors.is_empty()) {
        (Some(_), _) => "not measured".to_owned(),
        (None, false) => "invalid: errors".to_owned(),
        (None, true) => format!("{:.2}", one.ratio.median),
    };
    let is_met = one.skipped.is_none() && one.errors.is_empty() && one.ratio.median >= target;
    Some(Verdict { what, wanted, measured, is_met })
}

fn memory(report: &Report) -> Option<Verdict> {
    let after_rounds = report.workloads.iter().map(|one| one.resident.greatest);
    let most = after_rounds.chain(report.soak.iter().map(|soak| soak.peak)).fold(0.0, f64::max);
    (most > 0.0).then(|| at_most("memory under load, MB", MEMORY, most, 0))
}

fn others(report: &Report) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    if let Some(start) = &report.start {
        verdicts.push(at_most("ready on an existing database, ms", READY, start.ready.median, 0));
    }
    for page in &report.pages {
        let what = format!("page {}: a history of 10,000 by one of 100", page.name);
        let verdict = at_most(&what, LONG_HISTORY, page.ratio.median, 2);
        verdicts.push(Verdict { is_met: verdict.is_met && page.errors == 0, ..verdict });
    }
    if let Some(rows) = &report.rows {
        verdicts.push(many_rows("1,000,000 rows against 10,000", rows));
    }
    verdicts.extend(report.postgres.iter().flat_map(postgres));
    if let Some(purge) = &report.purge {
        let verdict = at_most("p99 while purging, by before", PURGING, purge.ratio.median, 2);
        verdicts.push(Verdict { is_met: verdict.is_met && purge.errors == 0, ..verdict });
    }
    if let Some(soak) = &report.soak {
        let what = format!("p99 of the soak, ms (bare server beside: {:.1})", soak.bare_p99.median);
        let verdict = at_most(&what, LATENCY, soak.p99.median, 1);
        verdicts.push(Verdict { is_met: verdict.is_met && soak.errors.is_empty(), ..verdict });
    }
    verdicts
}

/// One that was skipped is not met, as a workload that was not measured is not.
fn postgres(outcome: &Outcome) -> Vec<Verdict> {
    let (what, wanted) = ("one-call: PostgreSQL by SQLite".to_owned(), format!("≥ {POSTGRES:.1}"));
    let engines = match outcome {
        Outcome::Skipped(_) => {
            return vec![Verdict { what, wanted, measured: "not measured".to_owned(), is_met: false }];
        }
        Outcome::Measured(engines) => engines,
    };
    let is_valid = engines.sqlite.errors.is_empty() && engines.postgres.errors.is_empty();
    let measured = if is_valid { format!("{:.2}", engines.ratio.median) } else { "invalid: errors".to_owned() };
    let first = Verdict { what, wanted, measured, is_met: is_valid && engines.ratio.median >= POSTGRES };
    let rows = engines.rows.as_ref().map(|rows| many_rows("1,000,000 rows against 10,000 on PostgreSQL", rows));
    std::iter::once(first).chain(rows).collect()
}

fn many_rows(what: &str, rows: &Rows) -> Verdict {
    let is_valid = rows.errors.is_empty();
    Verdict {
        what: what.to_owned(),
        wanted: format!("≥ {MANY_ROWS:.2}"),
        measured: if is_valid { format!("{:.2}", rows.ratio.median) } else { "invalid: errors".to_owned() },
        is_met: is_valid && rows.ratio.median >= MANY_ROWS,
    }
}

fn at_most(what: &str, wanted: f64, measured: f64, digits: usize) -> Verdict {
    Verdict {
        what: what.to_owned(),
        wanted: format!("≤ {wanted}"),
        measured: format!("{measured:.digits$}"),
        is_met: measured <= wanted,
    }
}
