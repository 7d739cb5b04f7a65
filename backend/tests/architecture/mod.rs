//! The arrows of ARCHITECTURE.md, held by reading the source: who may use whom, where the frameworks, the driver and
//! SQL may appear, and how long a file and a handler may be.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails panics")]

mod cases;
mod rules;
mod source;

use std::path::{Path, PathBuf};

use source::Source;

#[test]
fn arrows_point_one_way() {
    hold(rules::arrows);
}

#[test]
fn frameworks_and_the_driver_stay_in_their_folders() {
    hold(rules::crates);
}

#[test]
fn sql_stays_with_the_tables() {
    hold(rules::sql);
}

#[test]
fn handlers_are_short() {
    hold(rules::handlers);
}

#[test]
fn files_are_not_long() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = ["backend/src", "backend/tests", "crates"].map(|folder| files(&workspace.join(folder))).concat();
    let too_long = files.iter().filter_map(|(path, text)| rules::length(path, text));
    report(&too_long.collect::<Vec<_>>());
}

#[test]
fn every_layer_exists() {
    let sources = sources();
    let missing =
        rules::LAYERS.iter().copied().flatten().filter(|part| !sources.iter().any(|s| s.part() == Some(**part)));
    report(&missing.map(|part| format!("{part} stands in LAYERS and not in the source")).collect::<Vec<_>>());
}

/// Fails with every finding of `rule` in the product's source.
#[track_caller]
fn hold(rule: fn(&Source) -> Vec<String>) {
    let sources = sources();
    assert!(sources.len() > 50, "only {} files found: the test looks in the wrong place", sources.len());
    report(&sources.iter().flat_map(rule).collect::<Vec<_>>());
}

#[track_caller]
fn report(findings: &[String]) {
    assert!(findings.is_empty(), "see ARCHITECTURE.md:\n{}", findings.join("\n"));
}

fn sources() -> Vec<Source> {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    files.iter().map(|(path, text)| Source::parse(path.to_str().unwrap(), text)).collect()
}

/// Every Rust file below `folder`: its path there and its text.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}
