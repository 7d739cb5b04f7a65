//! The tours, pasted into a shell.

use std::process::Command;

use agentid::clock::Clock;

use super::{block, succeed};
use crate::support::TestServer;

#[test]
fn the_tours_work_as_pasted() {
    let server = TestServer::in_folder(tempfile::tempdir().unwrap(), Clock::system(), |_| {});
    let home = tempfile::tempdir().unwrap();
    let script = [
        block("tour: agent"),
        block("tour: overseer"),
        // What the claim prints is what the agent runs; --yes, for nobody is there to ask.
        "$(agentid overseer claim \"$AGENT\" | sed -n 's/^the agent runs *//p') --yes".to_owned(),
        block("tour: stop"),
        block("tour: operator"),
        "agentid agent whoami".to_owned(),
    ]
    .join("\n");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_agentid")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let shown = succeed(
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(home.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", home.path())
            .env("AGENTID_SERVER", &server.url)
            .env("AGENTID_DATA", server.folder()),
    );
    assert!(home.path().join("agentid-backup.db").exists());
    let whoami = shown.rsplit_once("agent ").unwrap().1;
    assert!(!whoami.contains("nobody"), "no overseer after the tours: {shown}");
    assert!(shown.contains("0008_add_one_call_tokens"), "{shown}");
}
