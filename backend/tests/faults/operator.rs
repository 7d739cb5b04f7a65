//! What the operator does while the server runs: backups, new signing keys, a new secret.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use agentid::crypto::jws::UnverifiedJws;
use serde_json::Value;

use super::full_disk::assert_whole;
use super::load::{Load, assert_all_known};
use crate::support::process::{Remote, agentid, argument, run};
use crate::support::{Agent, Process};

#[test]
fn a_backup_under_load_holds_what_was_answered_before() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let process = Process::start(folder.path());
    let load = Load::start(&process.remote, 4);
    load.wait_for(40);
    let before = load.known();
    command(folder.path(), &["db", "backup", argument(&copies.path().join("agentid.db"))]);
    load.wait_for(10);
    let after = load.finish();
    assert_all_known(&process.remote, &after);

    fs::copy(folder.path().join("secret"), copies.path().join("secret")).unwrap();
    assert_whole(copies.path());
    let copy = Process::start(copies.path());
    assert_all_known(&copy.remote, &before);
    copy.remote.register();
}

#[test]
fn new_signing_keys_are_used_and_old_tokens_stay_good() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let remote = &process.remote;
    let agent = remote.register();
    let first = token(remote, &agent);

    let kid = command(folder.path(), &["keys", "rotate"])["kid"].as_str().unwrap().to_owned();
    until("the new key is published", || published(remote).contains(&kid));
    assert!(published(remote).contains(&first.kid));
    assert_eq!(token(remote, &agent).kid, first.kid, "a key signs only when verifiers have had time to fetch it");

    let kid = command(folder.path(), &["keys", "rotate", "--now"])["kid"].as_str().unwrap().to_owned();
    until("the new key signs", || token(remote, &agent).kid == kid);
    assert!(published(remote).contains(&kid) && published(remote).contains(&first.kid));
    assert_active(remote, &agent, &first);

    process.kill();
    let process = Process::start(folder.path());
    assert_active(&process.remote, &agent, &first);
    assert_eq!(token(&process.remote, &agent).kid, kid);
}

#[test]
fn a_secret_is_replaced_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let remote = &process.remote;
    let agent = remote.register();
    let first = token(remote, &agent);

    command(folder.path(), &["keys", "rotate-secret"]);
    command(folder.path(), &["keys", "rotate-secret"]);
    assert_eq!(secrets(folder.path()).len(), 3, "one in force, two retired");
    // The server reads keys that are sealed under a secret that it has not seen yet.
    let kid = command(folder.path(), &["keys", "rotate", "--now"])["kid"].as_str().unwrap().to_owned();
    until("the new key signs", || token(remote, &agent).kid == kid);
    assert_active(remote, &agent, &first);
    assert!(!process.log().contains("ERROR"), "{}", process.log());
    process.kill();

    let process = Process::start(folder.path());
    assert_active(&process.remote, &agent, &first);
    assert_eq!(token(&process.remote, &agent).kid, kid);
    process.kill();

    // Everything is sealed under the newest, so the retired ones can go.
    fs::write(folder.path().join("secret"), secrets(folder.path()).remove(0)).unwrap();
    let process = Process::start(folder.path());
    assert_active(&process.remote, &agent, &first);
}

#[test]
fn secrets_that_are_replaced_at_once_do_not_lose_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let agent = process.remote.register();
    let first = token(&process.remote, &agent);
    let barrier = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                command(folder.path(), &["keys", "rotate-secret"])
            });
        }
    });
    assert_eq!(secrets(folder.path()).len(), 5);
    process.kill();
    let process = Process::start(folder.path());
    assert_active(&process.remote, &agent, &first);
}

/// A token and what signed it.
struct Token {
    text: String,
    kid: String,
}

fn token(remote: &Remote, agent: &Agent) -> Token {
    let text = remote.token(agent).send().expect(200).text_of("access_token");
    let kid = UnverifiedJws::parse(&text).unwrap().header().kid.clone().unwrap();
    Token { text, kid }
}

#[track_caller]
fn assert_active(remote: &Remote, agent: &Agent, token: &Token) {
    assert_eq!(remote.introspection(agent, &token.text).send().expect(200).get("active"), true);
}

/// The ids in the JWKS.
fn published(remote: &Remote) -> Vec<String> {
    let jwks = remote.get("/.well-known/jwks.json").send().expect(200).json();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn secrets(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("secret")).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// Runs a command on this folder; it must succeed.
#[track_caller]
pub(super) fn command(folder: &Path, words: &[&str]) -> Value {
    let words: Vec<&str> = ["--json"].iter().chain(words).copied().chain(["--data", argument(folder)]).collect();
    let (code, output, error) = run(agentid(&words));
    assert_eq!(code, Some(0), "{words:?}: {output}{error}");
    serde_json::from_str(&output).unwrap()
}

/// Looks until it is so. The pause spares the machine; how long it is decides nothing.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let pause = || thread::park_timeout(Duration::from_millis(50));
    let is_so = (0..1000).any(|_| is_so() || (pause(), false).1);
    assert!(is_so, "{what}: not after a thousand looks");
}
