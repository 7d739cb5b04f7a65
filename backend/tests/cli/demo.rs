//! `agentid demo`, which checks all that it shows.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

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
