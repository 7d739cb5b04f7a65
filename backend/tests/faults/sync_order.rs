//! No answer leaves before what it says is on the disk, as the kernel saw it.
//!
//! Killing a process can not show this, for what it has written outlives it; only a power cut would. So the system
//! calls are traced, and their order is checked.

use std::process::Command;
use std::sync::Barrier;
use std::thread;

use agentid::crypto::jws::UnverifiedJws;
use agentid::secret::TokenHash;
use serde_json::json;

use super::trace::{Answered, STRACE, Trace};
use crate::support::process::{Remote, argument};
use crate::support::{Agent, Process};

const SEQUENTIAL: usize = 5;
const AT_ONCE: usize = 8;

#[test]
fn every_answer_waits_for_its_sync() {
    let (trace, answers) = traced(&[]);
    assert_eq!(answers.len(), 4 * SEQUENTIAL + 4 * AT_ONCE);
    assert_eq!(trace.violations(&answers), [] as [String; 0]);
}

/// A checkpoint, which syncs the log too, may come between a write and its answer by chance.
#[test]
fn without_syncs_the_check_finds_violations() {
    let (trace, answers) = traced(&["database.synchronous=normal"]);
    assert!(trace.violations(&answers).len() > answers.len() / 2);
}

/// A server that answers some writes one by one, then many at once.
fn traced(settings: &[&str]) -> (Trace, Vec<Answered>) {
    let is_there = Command::new("strace").arg("--version").output().is_ok();
    assert!(is_there, "strace is missing: run the tests through ./scripts/test, which installs it.");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace");
    let runner: Vec<&str> = STRACE.iter().copied().chain([argument(&file)]).collect();
    let process = Process::under(&runner, &folder.path().join("data"), settings);

    let mut answers: Vec<Answered> = (0..SEQUENTIAL).flat_map(|_| writes(&process.remote)).collect();
    let barrier = Barrier::new(AT_ONCE);
    let together = || {
        barrier.wait();
        writes(&process.remote)
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(together)).collect();
        answers.extend(clients.into_iter().flat_map(|client| client.join().unwrap()));
    });

    process.terminate();
    assert!(process.wait().success());
    (Trace::parse(&std::fs::read_to_string(file).unwrap()), answers)
}

/// Four writes, each with an answer of its own.
fn writes(remote: &Remote) -> Vec<Answered> {
    let agent = Agent::unregistered();
    let body = json!({ "name": "test agent", "public_key": agent.public_key() });
    let challenge = remote.post("/v1/agents/register/initiate").json(&body).send().expect(200);
    let challenge_id = challenge.text_of("challenge_id");
    let registered = remote.completion(&agent, &challenge).send().expect(201);
    let agent = Agent { id: registered.json()["agent"]["id"].as_str().unwrap().to_owned(), ..agent };
    let session = remote.login(&agent).send().expect(200).text_of("session_id");
    let token = remote.token(&agent).send().expect(200).text_of("access_token");
    let jti = UnverifiedJws::parse(&token).unwrap().unverified_claims()["jti"].as_str().unwrap().to_owned();
    vec![
        Answered { row: challenge_id.clone(), answer: challenge_id },
        Answered { row: agent.id.clone(), answer: agent.id },
        Answered { row: TokenHash::of(&session).as_str().to_owned(), answer: session },
        Answered { row: jti, answer: token },
    ]
}
