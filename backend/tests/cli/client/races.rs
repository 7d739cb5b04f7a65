//! Two commands of one profile at the same time.

use std::process::Stdio;

use super::{exchange, with_client};
use crate::support::TestServer;

/// A cron job and a person refresh at the same moment. A refresh token that is used twice ends everything.
#[test]
fn refreshes_at_the_same_time_wait_for_each_other() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    exchange(&cli, &id, &[]);
    let begin = |_| cli.command(&["client", "refresh"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut running: Vec<_> = (0..6).map(begin).collect();
    for child in &mut running {
        assert!(child.wait().unwrap().success(), "a refresh was refused");
    }
    assert_eq!(cli.json(&["client", "userinfo"])["sub"], cli.agent_id().as_str());
}
