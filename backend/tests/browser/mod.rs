//! The dashboard in a real browser: the story of `tests/browser/story.mjs`, with script and without. Pictures of the pages are
//! left in `target/browser`; with `AGENTID_WRITE_IMAGES` set, in `docs/images`.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::path::Path;
use std::process::Command;

use agentid::cli::demo::paddle::StandIn;
use agentid::clock::Clock;

use crate::support::TestServer;

/// Tells the story to its end.
#[track_caller]
fn tell(script: &str) {
    let paddle = StandIn::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::in_folder(folder, Clock::system(), |config| config.paddle = paddle.settings());
    paddle.tells(&server.url);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tools = root.join("target/tools/browser");
    let is_to_keep = std::env::var_os("AGENTID_WRITE_IMAGES").is_some();
    let pictures = root.join(if is_to_keep { "docs/images" } else { "target/browser" });
    let built = Path::new(env!("CARGO_BIN_EXE_agentid")).parent().unwrap();
    // The Node that is installed beside the libraries comes first. The program is in the path, too.
    let others = std::env::var_os("PATH").unwrap();
    let first = [tools.join("node_modules/.bin"), built.to_owned()];
    let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&others))).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut node = Command::new("node");
    node.arg(root.join("tests/browser/story.mjs")).env_clear().env("PATH", path);
    node.env("HOME", home.path()).env("TMPDIR", home.path()).env("AGENTID_SERVER", &server.url);
    node.env("SERVER", &server.url).env("TOOLS", tools).env("PICTURES", pictures).env("SCRIPT", script);
    let status = node.status().unwrap();
    assert!(
        status.success(),
        "{status}; what it complained of stands above; ./scripts/test browser makes what it needs"
    );
}

#[test]
fn an_overseer_s_story() {
    tell("on");
}

#[test]
fn the_same_without_script() {
    tell("off");
}
