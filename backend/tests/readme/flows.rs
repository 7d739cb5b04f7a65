//! `docs/v1/flows/`: every example is pasted into a shell, and prints what its page shows.

use std::path::{Path, PathBuf};

use agentid::cli::demo::paddle::StandIn;
use agentid::clock::Clock;

use super::{root, shell, succeed};
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

const MARK: &str = "-- end of block --";

/// Where `agentid serve` listens, and where the pages look for it.
const DEFAULT_SERVER: &str = "http://127.0.0.1:8787";

/// Runs the shell blocks of a page in one shell; what each one printed. AGENTID_SERVER is not set, as it is not for whoever
/// runs `agentid serve` and pastes: the test's server stands where the default one would.
fn run(blocks: &[Block], home: &Path, server: &str) -> Vec<String> {
    let program = format!("agentid() {{ AGENTID_SERVER=${{AGENTID_SERVER:-{server}}} command agentid \"$@\"; }}\n");
    let shell_blocks = blocks.iter().filter(|block| block.0 == "sh");
    let pasted: String = shell_blocks.map(|block| format!("{}\necho '{MARK}'\n", block.1)).collect();
    let script = program + &pasted.replace(DEFAULT_SERVER, server);
    let shown = succeed(&mut shell("-eu", &script, home));
    shown.split(&format!("{MARK}\n")).map(str::to_owned).collect()
}

/// One after the other, as whoever reads on does: no page may stand in the way of the next.
#[test]
fn every_example_prints_what_its_page_shows() {
    let pages = pages();
    assert!(pages.len() >= 5, "{pages:?}");
    let plain = TestServer::in_folder(tempfile::tempdir().unwrap(), Clock::system(), |_| {});
    // Where one pays, as at the server of `agentid demo`.
    let paddle = StandIn::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let paying = TestServer::in_folder(folder, Clock::system(), |config| config.paddle = paddle.settings());
    paddle.tells(&paying.url);
    let home = tempfile::tempdir().unwrap();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let server = if text.contains("`agentid demo`") { &paying } else { &plain };
        let blocks = blocks(&text);
        let printed = run(&blocks, home.path(), &server.url);
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
