//! `docs/v1/flows/`: every example is pasted into a shell, and prints what its page shows.

use std::path::PathBuf;
use std::process::Command;

use agentid::clock::Clock;

use super::{root, succeed};
use crate::support::TestServer;

/// A fenced block: its language and its lines.
type Block = (String, String);

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("docs/v1/flows")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = entries.filter(|path| path.file_name().unwrap() != "README.md").collect();
    pages.sort();
    pages
}

fn blocks(page: &str) -> Vec<Block> {
    let mut fences = page.split("\n```");
    fences.next();
    let mut blocks = Vec::new();
    while let (Some(block), Some(_)) = (fences.next(), fences.next()) {
        let (language, body) = block.split_once('\n').unwrap();
        blocks.push((language.to_owned(), body.to_owned()));
    }
    blocks
}

/// Runs the shell blocks of a page one after the other in one shell; what each one printed.
fn run(shell: &[&str], server: &TestServer) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let mark = "-- end of block --";
    let script: String = shell.iter().map(|block| format!("{block}\necho '{mark}'\n")).collect();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_agentid")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let shown = succeed(
        Command::new("bash")
            .args(["-eu", "-c", &script])
            .current_dir(home.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", home.path())
            .env("AGENTID_SERVER", &server.url),
    );
    shown.split(&format!("{mark}\n")).map(str::to_owned).collect()
}

#[test]
fn every_example_prints_what_its_page_shows() {
    let pages = pages();
    assert!(pages.len() >= 5, "{pages:?}");
    for page in pages {
        let blocks = blocks(&std::fs::read_to_string(&page).unwrap());
        let server = TestServer::in_folder(tempfile::tempdir().unwrap(), Clock::system(), |_| {});
        let shell: Vec<&str> = blocks.iter().filter(|block| block.0 == "sh").map(|block| block.1.as_str()).collect();
        let printed = run(&shell, &server);
        let mut next = printed.iter();
        let mut last = None;
        let mut compared = 0;
        for (language, body) in &blocks {
            match language.as_str() {
                "sh" => last = next.next(),
                "text" => {
                    assert_eq!(last.unwrap().trim_end(), body.trim_end(), "{}", page.display());
                    compared += 1;
                }
                _ => {}
            }
        }
        assert!(compared > 0, "{} shows nothing that is compared", page.display());
    }
}

/// The smallest grammar of Mermaid that the pages need, so that every viewer renders them.
#[test]
fn every_page_has_a_sequence_diagram_that_parses() {
    for page in pages() {
        let blocks = blocks(&std::fs::read_to_string(&page).unwrap());
        let diagram = &blocks.iter().find(|block| block.0 == "mermaid").unwrap_or_else(|| panic!("{page:?}")).1;
        let mut lines = diagram.lines();
        assert_eq!(lines.next(), Some("sequenceDiagram"), "{page:?}");
        let mut participants = Vec::new();
        for line in lines.map(str::trim) {
            if let Some(participant) = line.strip_prefix("participant ") {
                participants.push(participant.split(' ').next().unwrap());
                continue;
            }
            let (from, rest) = line.split_once("->>").unwrap_or_else(|| panic!("{page:?}: {line}"));
            let (to, text) = rest.split_once(": ").unwrap_or_else(|| panic!("{page:?}: {line}"));
            assert!(participants.contains(&from) && participants.contains(&to), "{page:?}: {line}");
            assert!(!text.is_empty() && !text.contains([';', '#']), "{page:?}: {line}");
        }
    }
}
