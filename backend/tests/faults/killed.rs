//! `kill -9` under load: whatever was answered is there after the next start.

use agentid::random::Random;

use super::load::{Load, assert_all_known};
use crate::support::Process;

const ROUNDS: usize = 6;
const CLIENTS: usize = 6;
/// A round is killed after at least this many answers, and at most 63 more.
const LEAST: usize = 30;

#[test]
fn nothing_that_was_answered_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut known = Vec::new();
    for round in 1..=ROUNDS {
        let process = Process::start(folder.path());
        let load = Load::start(&process.remote, CLIENTS);
        let [more] = Random::system().bytes();
        load.wait_for(LEAST + usize::from(more % 64));
        process.kill();
        let answered = load.finish();
        assert!(answered.len() >= LEAST, "round {round}");

        let process = Process::start(folder.path());
        assert_all_known(&process.remote, &answered);
        process.kill();
        known.extend(answered);
    }
    let process = Process::start(folder.path());
    assert_all_known(&process.remote, &known);
}
