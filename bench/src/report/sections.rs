//! The tables of figures.

use std::iter::once;

use super::{Report, Section};
use crate::rounds::Measured;
use crate::statistics::Spread;

/// A loader that is this busy may be what is measured.
const BUSY: f64 = 0.9;

/// What each workload reaches.
pub(super) fn workloads(report: &Report) -> Section {
    let costs = &report.costs;
    let micros = |seconds: f64| seconds * 1e6;
    let http = Spread::of(report.workloads.iter().filter(|one| one.skipped.is_none()).map(|one| one.bare_cost.median));
    let mut notes = vec![
        format!(
            "Core time alone: v = {:.1} µs, s = {:.1} µs, h = {:.1} µs, r = {:.1} µs ({:.1} µs by the clock). Limit = 1 / \
             (v · verifications + s · signatures + h + r).",
            micros(costs.verification),
            micros(costs.signature),
            http.median,
            micros(costs.row.core),
            micros(costs.row.clock)
        ),
        "v, s and r are measured before and after each round, h before it. A round's limit takes the mean of both; shown \
         are the medians. One r is counted, however many rows are written; the limit without r is for what writes none. \
         sign-in is three requests, so it counts three h."
            .to_owned(),
    ];
    notes.extend(report.workloads.iter().filter_map(skipped));
    notes.extend(report.workloads.iter().filter_map(failed));
    Section {
        title: "Workloads",
        head: vec![
            "workload",
            "v",
            "s",
            "rate/s",
            "least–most",
            "limit/s",
            "without r",
            "share",
            "least–most",
            "target",
        ],
        rows: measured(report).map(workload).collect(),
        notes,
    }
}

fn workload(one: &Measured) -> Vec<String> {
    vec![
        one.workload.clone(),
        one.verifications.to_string(),
        one.signatures.to_string(),
        format!("{:.0}", one.rate.median),
        range(one.rate, 0),
        format!("{:.0}", one.limit.median),
        format!("{:.0}", one.limit_without_row.median),
        format!("{:.2}", one.ratio.median),
        range(one.ratio, 2),
        one.target.map_or("–".to_owned(), |target| format!("{target:.1}")),
    ]
}

/// What each workload costs and how long it takes.
pub(super) fn load(report: &Report) -> Section {
    let about =
        "core µs is what an answer cost the server's core, limit µs what the limit allows. On a machine that does \
                 other things too, rates fall, and core time changes little."
            .to_owned();
    let busy = measured(report).filter(|one| one.loader_share.greatest > BUSY);
    let notes = busy.map(|one| {
        format!(
            "{}: the loader used {:.0} % of its core, so the server may be able to do more.",
            one.workload,
            one.loader_share.greatest * 100.0
        )
    });
    Section {
        title: "Latency and load",
        head: vec![
            "workload",
            "p50 ms",
            "p99 ms",
            "least–most",
            "bare p99",
            "core µs",
            "limit µs",
            "server core",
            "loader core",
            "RSS MB",
            "answers",
            "errors",
        ],
        rows: measured(report).map(latency).collect(),
        notes: once(about).chain(notes).collect(),
    }
}

fn latency(one: &Measured) -> Vec<String> {
    vec![
        one.workload.clone(),
        format!("{:.1}", one.p50.median),
        format!("{:.1}", one.p99.median),
        range(one.p99, 1),
        format!("{:.1}", one.bare_p99.median),
        format!("{:.0}", one.server_cost.median),
        format!("{:.0}", 1e6 / one.limit.median),
        format!("{:.0} %", one.server_share.median * 100.0),
        format!("{:.0} %", one.loader_share.median * 100.0),
        format!("{:.0}", one.resident.greatest),
        one.answers.to_string(),
        one.errors.values().sum::<u64>().to_string(),
    ]
}

/// Everything else.
pub(super) fn others(report: &Report) -> Section {
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String, spread: String| rows.push(vec![what.to_owned(), value, spread]);
    if let Some(bytes) = &report.bytes {
        row("database bytes per token, its spent assertion included", format!("{:.0}", bytes.database), String::new());
        row("log (WAL) bytes per token", format!("{:.0}", bytes.log), String::new());
        row("bytes written to the disk per token", format!("{:.0}", bytes.disk), String::new());
    }
    if let Some(start) = &report.start {
        let what = format!("ready on a database of {:.0} MB, ms, {} starts", start.database, start.starts);
        row(&what, format!("{:.0}", start.ready.median), range(start.ready, 0));
    }
    for page in &report.pages {
        let name = page.name;
        row(&format!("page {name}, 100 requests, ms"), format!("{:.2}", page.few.median), range(page.few, 2));
        row(&format!("page {name}, 10,000 requests, ms"), format!("{:.2}", page.many.median), range(page.many, 2));
        row(&format!("page {name}, 10,000 by 100"), format!("{:.2}", page.ratio.median), range(page.ratio, 2));
    }
    if let Some(large) = &report.rows {
        row("tokens/s at 10,000 rows in access_tokens", format!("{:.0}", large.few.median), range(large.few, 0));
        row("tokens/s at 1,000,000 rows", format!("{:.0}", large.many.median), range(large.many, 0));
        row("1,000,000 rows by 10,000", format!("{:.2}", large.ratio.median), range(large.ratio, 2));
    }
    if let Some(purge) = &report.purge {
        row("p99 ms before a purge", format!("{:.1}", purge.before.median), range(purge.before, 1));
        row("p99 ms while 100,000 rows are purged", format!("{:.1}", purge.during.median), range(purge.during, 1));
        row("during by before", format!("{:.2}", purge.ratio.median), range(purge.ratio, 2));
        row("seconds until they are gone", format!("{:.1}", purge.took.median), range(purge.took, 1));
        row("rows left when the load ended", format!("{:.0}", purge.left.median), range(purge.left, 0));
        row("tokens/s before", format!("{:.0}", purge.rate_before.median), range(purge.rate_before, 0));
        row("tokens/s during", format!("{:.0}", purge.rate_during.median), range(purge.rate_during, 0));
    }
    soak(report, &mut row);
    Section { title: "Besides", head: vec!["what", "median", "least–most"], rows, notes: Vec::new() }
}

fn soak(report: &Report, row: &mut impl FnMut(&str, String, String)) {
    let Some(soak) = &report.soak else { return };
    let what = format!("soak of {:.1} minutes: tokens", soak.minutes);
    row(&what, soak.tokens.to_string(), String::new());
    row("soak: tokens/s", format!("{:.0}", soak.rate.median), range(soak.rate, 0));
    row("soak: tokens/s in the first minute", format!("{:.0}", soak.first_rate.median), range(soak.first_rate, 0));
    row("soak: tokens/s in the last minute", format!("{:.0}", soak.last_rate.median), range(soak.last_rate, 0));
    row("soak: p99 ms", format!("{:.1}", soak.p99.median), range(soak.p99, 1));
    row("soak: p99 ms in the last minute", format!("{:.1}", soak.last_p99.median), range(soak.last_p99, 1));
    row("soak: the bare server's p99 ms beside", format!("{:.1}", soak.bare_p99.median), range(soak.bare_p99, 1));
    row("soak: most memory, MB", format!("{:.0}", soak.peak), String::new());
    row("soak: database at the end, MB", format!("{:.0}", soak.database), String::new());
    row("soak: errors", soak.errors.values().sum::<u64>().to_string(), String::new());
}

fn measured(report: &Report) -> impl Iterator<Item = &Measured> {
    report.workloads.iter().filter(|one| one.skipped.is_none())
}

fn skipped(one: &Measured) -> Option<String> {
    one.skipped.as_ref().map(|why| format!("{} was not measured: {why}.", one.workload))
}

fn failed(one: &Measured) -> Option<String> {
    let (error, count) = one.errors.first_key_value()?;
    Some(format!("INVALID: {} had errors, the first {count} times: {error}", one.workload))
}

/// From the least to the greatest.
pub(super) fn range(spread: Spread, digits: usize) -> String {
    format!("{:.digits$}–{:.digits$}", spread.least, spread.greatest)
}
