//! Every Mermaid block parses, by the real Mermaid: those of this repository's Markdown, and those that schemadoc makes
//! of tables with awkward names.

mod blocks;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use blocks::Block;
use schemadoc::notes::Notes;
use schemadoc::render::{Links, render};

use crate::support::model;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What Mermaid refuses: the place of each such block, and why.
fn refusals(blocks: &[Block]) -> Vec<String> {
    let suites = root().join("target/tools/suites");
    let program = suites.join("node_modules/.bin/node");
    // Elsewhere than on Linux it is the system's Node, which has to be a recent one.
    let mut command = Command::new(if program.exists() { &program } else { Path::new("node") });
    // A script that has no file finds its libraries below the folder in which it runs.
    command.args(["--input-type=module", "--eval", include_str!("parse.mjs")]).current_dir(&suites);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; ./scripts/test mermaid installs what it needs"));
    let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
    node.stdin.take().unwrap().write_all(serde_json::to_string(&texts).unwrap().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "./scripts/test mermaid installs what this needs");
    let answers: Vec<Option<String>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), blocks.len());
    let refused =
        blocks.iter().zip(answers).filter_map(|(block, why)| why.map(|why| format!("{}: {why}", block.place)));
    refused.collect()
}

#[test]
fn every_block_of_the_repository_parses() {
    let blocks = blocks::below(&root());
    for file in ["docs/v1/database/relationships.md", "docs/v1/flows/code-flow.md"] {
        assert!(blocks.iter().any(|block| block.place.starts_with(file)), "{file} has no diagram");
    }
    assert_eq!(refusals(&blocks), Vec::<String>::new());
}

#[test]
fn a_broken_block_is_refused_and_its_line_named() {
    let page =
        "# Page\n\n```mermaid\nerDiagram\n    a ||--o{ b : \"of\"\n```\n\n````text\n```mermaid\nshown\n```\n````\n
- item\n  ```mermaid\n  erDiagram\n      a ||-o{ b : \"of\"\n  ```\n\n```mermaid\nnothing of the kind\n```\n";
    let blocks = blocks::of("page.md", page);
    let refusals = refusals(&blocks);
    let begin: Vec<&str> = refusals.iter().map(|refusal| refusal.split(": ").next().unwrap()).collect();
    assert_eq!((blocks.len(), begin), (3, vec!["page.md:16", "page.md:21"]), "{refusals:?}");
}

/// What SQLite allows as a name or a type, a diagram must be able to show.
#[test]
fn awkward_names_make_diagrams_that_parse() {
    let sql = r#"
        CREATE TABLE "two words" ("first key" VARCHAR(20), "2nd" "DOUBLE PRECISION", PRIMARY KEY ("first key", "2nd"));
        CREATE TABLE "quo""te's" (id PRIMARY KEY, a, b, FOREIGN KEY (a, b) REFERENCES "two words");
        CREATE TABLE "größe; %% {x}" ("größe" TEXT PRIMARY KEY REFERENCES "quo""te's");
        CREATE TABLE "end" ("erDiagram" TEXT PRIMARY KEY, "class" TEXT REFERENCES "end", "style" TEXT REFERENCES missing);
        CREATE TABLE "123" ("" TEXT PRIMARY KEY, "say ""it"" \\ ;" TEXT UNIQUE REFERENCES "end");
        CREATE TABLE none (plain TEXT);
    "#;
    let model = model(&[("0001_names.sql", sql)]);
    let pages = render(&model, &Notes::default(), &Links::default());
    let pages = pages.iter().map(|(path, text)| (path.display().to_string(), text));
    let blocks: Vec<Block> = pages.flat_map(|(path, text)| blocks::of(&path, text)).collect();
    assert!(blocks.len() >= 2);
    assert_eq!(refusals(&blocks), Vec::<String>::new());
}
