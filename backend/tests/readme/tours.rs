//! The tours, pasted into a shell.

use agentid::clock::Clock;

use super::{block, shell, succeed};
use crate::support::TestServer;

#[test]
fn the_tours_work_as_pasted() {
    let server = TestServer::in_folder(tempfile::tempdir().unwrap(), Clock::system(), |_| {});
    let home = tempfile::tempdir().unwrap();
    let script = [
        block("tour: agent"),
        // The API of the example does not exist: what curl would send it is written down instead.
        "curl() { printf '%s\\n' \"$@\" >curl.txt; }".to_owned(),
        block("tour: curl"),
        block("tour: overseer"),
        // What the claim prints is what the agent runs; --yes, for nobody is there to ask.
        "$(agentid overseer claim \"$AGENT\" | sed -n 's/^the agent runs *//p') --yes".to_owned(),
        block("tour: stop"),
        block("tour: operator"),
        "agentid agent whoami".to_owned(),
    ]
    .join("\n");
    // A failure inside of a pipe counts, too.
    let script = format!("set -o pipefail\n{script}");
    let shown = succeed(
        shell("-eu", &script, home.path()).env("AGENTID_SERVER", &server.url).env("AGENTID_DATA", server.folder()),
    );
    assert!(home.path().join("agentid-backup.db").exists());
    let sent = std::fs::read_to_string(home.path().join("curl.txt")).unwrap();
    let token =
        sent.strip_prefix("-H\nAuthorization: Bearer ").and_then(|rest| rest.strip_suffix("\nhttps://api.example/\n"));
    assert_eq!(token.map(|token| token.split('.').count()), Some(3), "{sent}");
    let whoami = shown.rsplit_once("agent ").unwrap().1;
    assert!(!whoami.contains("nobody"), "no overseer after the tours: {shown}");
    assert!(shown.contains("0008_add_one_call_tokens"), "{shown}");
}
