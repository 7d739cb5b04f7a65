//! Rules that must hold when many callers come at once: single use, one owner, limits, and ends that are final.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod authorization;
mod claims;
mod client_limit;
mod deletion;
mod ends;
mod first_start;
mod gone_clients;
mod interactions;
mod key_rotation;
mod pushed_requests;
mod redemption;
mod refresh;
mod registration;
mod single_use;
mod stop;
mod storm;

use std::sync::Barrier;
use std::thread;

use agentid::db::Error;

use crate::support::{Answer, Call, TestServer};

/// How many come at once.
pub const MANY: usize = 20;
/// The same where a limit has to hold.
pub const MANY_MORE: usize = 50;

/// Sends all calls at the same moment, each from a thread of its own; the answers in the calls' order.
fn at_once(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    at_once_by(Call::send, calls)
}

/// The same, each call sent by `send`.
pub fn at_once_by(send: impl Fn(Call) -> Answer + Sync, calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    let calls: Vec<Call> = calls.into_iter().collect();
    let barrier = Barrier::new(calls.len());
    let send = |call: Call| {
        barrier.wait();
        send(call)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = calls.into_iter().map(|call| scope.spawn(|| send(call))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Splits the answers: those with this status, and the others.
fn split(answers: Vec<Answer>, status: u16) -> (Vec<Answer>, Vec<Answer>) {
    answers.into_iter().partition(|answer| answer.status == status)
}

/// The only answer with this status; every other one must be this refusal of the API.
#[track_caller]
fn one_wins(answers: Vec<Answer>, status: u16, refusal: (u16, &str)) -> Answer {
    let (mut winners, losers) = split(answers, status);
    for loser in losers {
        loser.refused(refusal.0, refusal.1);
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    winners.remove(0)
}

/// The only answer with 200; every other one must be this refusal of an OAuth endpoint.
#[track_caller]
pub fn one_wins_oauth(answers: Vec<Answer>, refusal: (u16, &str)) -> Answer {
    let (mut winners, losers) = split(answers, 200);
    for loser in losers {
        loser.oauth_refused(refusal.0, refusal.1);
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    winners.remove(0)
}

/// A number straight from the database.
fn number(server: &TestServer, sql: &'static str) -> i64 {
    let read = server.app.db.read(move |tx| tx.query_one(sql, &[])?.get::<i64>(0));
    server.block_on(read).unwrap_or_else(|error: Error| panic!("{sql}: {error}"))
}
