//! A full disk: writes are refused and say when to come again, reads go on, nothing that was answered is lost, and
//! with space again everything works again, without a restart.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use super::tmpfs::Tmpfs;
use crate::support::process::{Remote, agentid, argument, run};
use crate::support::{Agent, Answer, Process};

/// More than fit.
const MOST: usize = 3000;
/// So many refusals in a row mean that there is no room even for small writes.
const ENOUGH: usize = 10;

#[test]
fn a_server_outlives_a_full_disk() {
    let Some(disk) = Tmpfs::mount("8m") else { return };
    let data = disk.path().join("data");
    let process = Process::start(&data);
    let remote = &process.remote;
    let mut known = vec![remote.register()];

    let ballast = disk.fill_but(512 * 1024);
    fill(remote, &mut known, || drop(disk.fill()));
    assert_full(remote, &known);
    disk.remount("size=16m");
    assert_writes(remote, &mut known);

    disk.fill_but(512 * 1024);
    fill(remote, &mut known, || drop(disk.fill()));
    assert_full(remote, &known);
    fs::remove_file(ballast).unwrap();
    remote.get("/ready").send().expect(200);
    assert_writes(remote, &mut known);
    assert!(!process.log().contains("panicked"), "{}", process.log());

    disk.fill();
    process.kill();
    fs::remove_file(disk.path().join("ballast")).unwrap();
    let process = Process::start(&data);
    assert_known(&process.remote, &known);
    assert_whole(&data);
}

#[test]
fn a_server_outlives_a_full_database() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::with(folder.path(), &["database.max_pages=240"]);
    let remote = &process.remote;
    let mut known = vec![remote.register()];
    fill(remote, &mut known, || ());
    assert_full(remote, &known);

    let other = Connection::open(folder.path().join("agentid.db")).unwrap();
    assert!(other.execute("DELETE FROM challenges", []).unwrap() > 0);
    drop(other);
    remote.get("/ready").send().expect(200);
    assert_writes(remote, &mut known);

    process.kill();
    let process = Process::start(folder.path());
    assert_known(&process.remote, &known);
    assert_writes(&process.remote, &mut known);
    assert_whole(folder.path());
}

/// Writes until nothing more is taken: a page that is full for one table may have room for another's.
/// `top_up` is called at each refusal.
fn fill(remote: &Remote, known: &mut Vec<Agent>, top_up: impl Fn()) {
    until_refused(&top_up, || register(remote).map(|agent| known.push(agent)));
    until_refused(&top_up, || taken(remote.token(&known[0]).send(), 200).map(drop));
    until_refused(&top_up, || taken(remote.login(&known[0]).send(), 200).map(drop));
}

fn until_refused(top_up: &impl Fn(), mut write: impl FnMut() -> Result<(), Box<Answer>>) {
    let mut refusals = 0;
    for _ in 0..MOST {
        refusals = match write() {
            Ok(()) => 0,
            Err(refusal) => {
                assert_busy(&refusal);
                top_up();
                refusals + 1
            }
        };
        if refusals == ENOUGH {
            return;
        }
    }
    panic!("{MOST} writes fit");
}

/// The agent, or the refusal of one half of its registration.
fn register(remote: &Remote) -> Result<Agent, Box<Answer>> {
    let agent = Agent::unregistered();
    let body = json!({ "name": "x", "description": "x".repeat(500), "public_key": agent.public_key() });
    let challenge = taken(remote.post("/v1/agents/register/initiate").json(&body).send(), 200)?;
    let answer = taken(remote.completion(&agent, &challenge).send(), 201)?;
    let id = answer.json()["agent"]["id"].as_str().unwrap().to_owned();
    Ok(Agent { id, session: answer.text_of("session_id"), ..agent })
}

fn taken(answer: Answer, status: u16) -> Result<Answer, Box<Answer>> {
    if answer.status == status { Ok(answer) } else { Err(Box::new(answer)) }
}

#[track_caller]
fn assert_busy(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{answer:?}");
}

fn assert_full(remote: &Remote, known: &[Agent]) {
    let not_ready = remote.get("/ready").send();
    assert_busy(&not_ready);
    assert!(not_ready.refused(503, "unavailable").text_of("error").contains("disk full"));
    remote.get("/health").send().expect(200);
    remote.get("/.well-known/jwks.json").send().expect(200);
    assert_known(remote, known);
    assert_busy(&remote.token(&known[0]).send().oauth_refused(503, "temporarily_unavailable"));
    assert_busy(&remote.login(&known[0]).send().refused(503, "unavailable"));
}

/// Reads, and nothing else.
fn assert_known(remote: &Remote, known: &[Agent]) {
    for agent in known {
        let answer = remote.get("/v1/agents/me").session(&agent.session).send().expect(200);
        assert_eq!(answer.json()["agent"]["id"], agent.id.as_str());
    }
}

fn assert_writes(remote: &Remote, known: &mut Vec<Agent>) {
    known.push(register(remote).unwrap());
    let token = remote.token(&known[0]).send().expect(200).text_of("access_token");
    assert_eq!(remote.introspection(&known[0], &token).send().expect(200).get("active"), true);
    remote.get("/ready").send().expect(200);
    assert_known(remote, known);
}

/// The file is whole, and its schema this version's.
pub fn assert_whole(data: &Path) {
    let database = Connection::open(data.join("agentid.db")).unwrap();
    let check = |sql| database.query_row(sql, [], |row| row.get::<_, String>(0));
    assert_eq!(check("PRAGMA integrity_check"), Ok("ok".to_owned()));
    assert_eq!(check("PRAGMA foreign_key_check"), Err(rusqlite::Error::QueryReturnedNoRows));
    let (code, _, error) = run(agentid(&["db", "check", "--data", argument(data)]));
    assert_eq!(code, Some(0), "{error}");
}
