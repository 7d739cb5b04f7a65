//! Several nodes on one database. `shared` holds on both engines: two servers on one file, or on one PostgreSQL.
//! `server` is about PostgreSQL alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod server;
mod shared;

use std::sync::Barrier;
use std::thread;

use crate::support::{Answer, Call, TestServer};

/// How many come at once.
const MANY: usize = 20;

/// Two nodes of one server.
fn two() -> (TestServer, TestServer) {
    let first = TestServer::start();
    let second = first.another_node();
    (first, second)
}

/// Sends all calls at the same moment. Who is told to come again (503) does, and only what comes then counts.
fn at_once(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    let calls: Vec<Call> = calls.into_iter().collect();
    let barrier = Barrier::new(calls.len());
    let send = |call: Call| {
        barrier.wait();
        loop {
            let answer = call.clone().send();
            if answer.status != 503 {
                return answer;
            }
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = calls.into_iter().map(|call| scope.spawn(|| send(call))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The only answer with 200; every other one is this refusal of an OAuth endpoint.
#[track_caller]
fn one_wins(answers: Vec<Answer>, refusal: (u16, &str)) -> Answer {
    let (mut winners, losers): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    for loser in losers {
        loser.oauth_refused(refusal.0, refusal.1);
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    winners.remove(0)
}
