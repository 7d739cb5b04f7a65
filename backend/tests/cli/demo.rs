//! `agentid demo`, which checks all that it shows.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::Cli;

/// A demo that does not outlive a failing test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, when the test went well.
        let _ = self.0.kill();
    }
}

#[test]
fn the_story_goes_as_told_and_leaves_nothing() {
    let cli = Cli::new("http://127.0.0.1:1");
    let run = cli.ok(&["demo", "--once"]).says("Every step went as told.");
    for refusal in ["unauthorized_client", "invalid_token", "invalid_grant", "access_denied", "invalid_client"] {
        assert!(run.stdout.contains(refusal), "{refusal}: {run:?}");
    }
    assert!(!run.stdout.contains('\x1b'), "colours are for a terminal");
    assert_eq!(std::fs::read_dir(cli.home.path()).unwrap().count(), 0, "the folder is left");
}

#[test]
fn a_program_gets_the_steps() {
    let story = Cli::new("http://127.0.0.1:1").json(&["demo", "--once"]);
    let steps = story["steps"].as_array().unwrap();
    assert!(steps.len() >= 22, "{story}");
    for step in steps {
        assert!(step["calls"][0]["took_ms"].is_f64(), "{step}");
    }
}

/// What the steps with an application show: how each call of a step ended.
const WITH_AN_APP: &[(&str, &[u64])] = &[
    ("An app registers: it recognises agents by plain OAuth", &[201]),
    ("The agent lets the app know it, and needs no browser for that", &[200]),
    ("The app redeems the code with a proof of its key: the token is bound to it", &[200]),
    ("With the key it tells the app who the agent is, without it nothing", &[200, 401]),
    ("The app refreshes; the old refresh token in a thief's hands ends them all", &[200, 400, 401, 200]),
    ("The overseer blocks the app: what it holds is ended, and it gets nothing new", &[200, 200, 200, 200, 403]),
    ("She lifts the block; the app gets a token, and revokes it when it is done", &[200; 6]),
];

#[test]
fn an_app_gets_bound_tokens_and_loses_them_by_reuse_block_and_revocation() {
    let story = Cli::new("http://127.0.0.1:1").json(&["demo", "--once"]);
    let steps = story["steps"].as_array().unwrap();
    let first = steps.iter().position(|step| step["title"] == WITH_AN_APP[0].0).unwrap();
    let calls = |step: &Value| step["calls"].as_array().unwrap().clone();
    for (step, (title, statuses)) in steps[first..].iter().zip(WITH_AN_APP) {
        assert_eq!(step["title"], *title);
        let shown: Vec<u64> = calls(step).iter().map(|call| call["status"].as_u64().unwrap()).collect();
        assert_eq!(shown, *statuses, "{title}");
    }
    let field = |step: usize, call: usize, name: &str| calls(&steps[first + step])[call]["fields"][name].clone();
    assert_eq!(field(2, 0, "token_type"), "DPoP");
    assert_eq!((field(3, 0, "name"), field(3, 1, "error")), ("demo agent".into(), "invalid_token".into()));
    assert_eq!((field(4, 1, "error"), field(4, 2, "error")), ("invalid_grant".into(), "invalid_token".into()));
    assert_eq!(field(4, 3, "active"), false);
    assert_eq!((field(5, 3, "active"), field(5, 4, "error")), (false.into(), "access_denied".into()));
    assert_eq!((field(6, 3, "active"), field(6, 5, "active")), (true.into(), false.into()));
}

#[test]
fn a_port_in_use_fails() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    Cli::new("http://127.0.0.1:1").run(&["demo", "--once", "--port", &port]).exits(1).says("can not be listened on");
}

#[test]
fn without_once_it_serves_until_interrupted() {
    let cli = Cli::new("http://127.0.0.1:1");
    let mut demo = Running(cli.command(&["demo"]).stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let server = lines.find_map(|line| Some(line.split_once("AGENTID_SERVER=")?.1.to_owned())).unwrap();
    cli.ok(&["agent", "keygen"]);
    cli.ok(&["agent", "register", "--name", "guest", "--server", server.split(' ').next().unwrap()]);
    Command::new("kill").args(["-INT", &demo.0.id().to_string()]).status().unwrap();
    assert_eq!(demo.0.wait().unwrap().code(), Some(0));
    let left = std::fs::read_dir(cli.home.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), [".local"], "the folder is left");
}
