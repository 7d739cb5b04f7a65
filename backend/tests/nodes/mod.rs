//! Several nodes on one database. `shared` holds on both engines: two servers on one file, or on one PostgreSQL.
//! `server` is about PostgreSQL alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod server;
mod shared;

use agentid::config::Config;

use crate::races::at_once_by;
use crate::support::{Answer, Call, TestServer};

/// Two nodes of one server.
fn two() -> (TestServer, TestServer) {
    two_with(|_| {})
}

/// The same, with settings of the test's own.
fn two_with(change: impl FnOnce(&mut Config)) -> (TestServer, TestServer) {
    let first = TestServer::with(change);
    let second = first.another_node();
    (first, second)
}

/// Sends all calls at the same moment. Who is told to come again (503) does, and only what comes then counts.
fn at_once(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    let send = |call: Call| {
        loop {
            let answer = call.clone().send();
            if answer.status != 503 {
                return answer;
            }
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
        }
    };
    at_once_by(send, calls)
}
