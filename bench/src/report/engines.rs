//! The table of the two engines.

use super::sections::range;
use super::{Report, Section};
use crate::experiment::postgres::{Engines, Node, Outcome};
use crate::statistics::Spread;

/// What SQLite and PostgreSQL reach, or why PostgreSQL was skipped.
pub(super) fn section(report: &Report) -> Section {
    let (rows, notes) = match &report.postgres {
        None => (Vec::new(), Vec::new()),
        Some(Outcome::Skipped(why)) => {
            (vec![row("PostgreSQL", "skipped".to_owned())], vec![format!("skipped: {why}.")])
        }
        Some(Outcome::Measured(engines)) => (figures(engines), notes(engines)),
    };
    Section { title: "Two engines", head: vec!["what", "median", "least–most"], rows, notes }
}

fn figures(engines: &Engines) -> Vec<Vec<String>> {
    let (sqlite, postgres) = (&engines.sqlite, &engines.postgres);
    let mut rows = vec![
        spread("SQLite: tokens/s", sqlite.rate, 0),
        spread("PostgreSQL: tokens/s", postgres.rate, 0),
        spread("PostgreSQL by SQLite", engines.ratio, 2),
        spread("SQLite: p50 ms", sqlite.p50, 1),
        spread("PostgreSQL: p50 ms", postgres.p50, 1),
        spread("SQLite: p99 ms", sqlite.p99, 1),
        spread("PostgreSQL: p99 ms", postgres.p99, 1),
        spread("SQLite: core µs of a token", sqlite.cost, 0),
        spread("PostgreSQL: core µs of a token in the node", postgres.cost, 0),
        spread("PostgreSQL: core µs of a token in its own processes", engines.database_cost, 0),
        percent("SQLite: share of the node's core", sqlite.share),
        percent("PostgreSQL: share of the node's core that the node used", postgres.share),
        percent("PostgreSQL: its own processes, in shares of one core", engines.database_share),
        percent("PostgreSQL: share of the loader's core that the loader used", postgres.loader_share),
    ];
    if let Some(large) = &engines.rows {
        rows.push(spread("PostgreSQL: tokens/s at 10,000 rows in access_tokens", large.few, 0));
        rows.push(spread("PostgreSQL: tokens/s at 1,000,000 rows", large.many, 0));
        rows.push(spread("PostgreSQL: 1,000,000 rows by 10,000", large.ratio, 2));
        rows.push(row("PostgreSQL: errors with these rows", large.errors.values().sum::<u64>().to_string()));
    }
    rows.push(row("SQLite: errors", error_count(sqlite)));
    rows.push(row("PostgreSQL: errors", error_count(postgres)));
    rows
}

fn notes(engines: &Engines) -> Vec<String> {
    let settings: Vec<_> = engines.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let mut notes = vec![
        format!(
            "The workload is one-call. PostgreSQL {}, a server of its own on the same machine and the same disk, as it is \
             set by default: {}. The node reaches it by TCP without TLS.",
            engines.version,
            settings.join(", ")
        ),
        "The node has the same core with either engine, the loader the other. PostgreSQL's processes are on no core of \
         their own: they run where there is room, so mostly beside the loader. SQLite's work is in the node's core. The \
         rounds alternate, and what PostgreSQL does in the background may reach into a round of SQLite."
            .to_owned(),
    ];
    let large = engines.rows.as_ref().map(|rows| &rows.errors);
    for errors in [&engines.sqlite.errors, &engines.postgres.errors].into_iter().chain(large) {
        let first = errors.first_key_value();
        notes.extend(
            first.map(|(error, count)| format!("INVALID: there were errors, the first {count} times: {error}")),
        );
    }
    notes
}

fn error_count(node: &Node) -> String {
    node.errors.values().sum::<u64>().to_string()
}

fn spread(what: &str, spread: Spread, digits: usize) -> Vec<String> {
    vec![what.to_owned(), format!("{:.digits$}", spread.median), range(spread, digits)]
}

fn percent(what: &str, share: Spread) -> Vec<String> {
    let (least, greatest) = (share.least * 100.0, share.greatest * 100.0);
    vec![what.to_owned(), format!("{:.0} %", share.median * 100.0), format!("{least:.0}–{greatest:.0} %")]
}

fn row(what: &str, value: String) -> Vec<String> {
    vec![what.to_owned(), value, String::new()]
}
