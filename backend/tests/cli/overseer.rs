//! An overseer's day, by command line.

use std::io::Write as _;
use std::process::Stdio;

use super::Cli;
use crate::support::TestServer;
use crate::support::overseer::PASSWORD;

#[test]
fn an_overseer_claims_stops_resumes_and_lets_go() {
    let server = TestServer::in_real_time();
    let (agent, human) = (Cli::registered(&server), Cli::new(&server.url));
    let id = agent.agent_id();
    human.run(&["overseer", "agents"]).exits(1).says("agentid overseer login");
    human.ok(&["overseer", "register", "--name", "Ada", "--email", "ada@example.org"]).says("ada@example.org");
    human.ok(&["overseer", "agents"]).says("no agent yet");

    let claim = human.json(&["overseer", "claim", &id]);
    // The printed command is exactly what the agent runs.
    let command: Vec<&str> = claim["command"].as_str().unwrap().split(' ').skip(1).collect();
    agent.run(&command).exits(1).says("--yes");
    agent.ok(&[command.as_slice(), &["--yes"]].concat());
    human.ok(&["overseer", "agents"]).says(&id).says("active");

    agent.ok(&["agent", "token"]);
    human.ok(&["overseer", "stop", &id]).says("1 access tokens");
    human.ok(&["overseer", "agents"]).says("stopped");
    agent.run(&["agent", "token", "--fresh"]).exits(1).says("unauthorized_client");
    human.ok(&["overseer", "resume", &id]);
    agent.ok(&["agent", "token", "--fresh"]);

    human.ok(&["overseer", "declaim", &id]);
    human.run(&["overseer", "stop", &id]).exits(1).says("not_your_agent");
    human.ok(&["overseer", "logout"]);
    human.run(&["overseer", "agents"]).exits(1).says("agentid overseer login");
}

#[test]
fn the_password_may_come_from_standard_input() {
    let server = TestServer::in_real_time();
    let human = Cli::new(&server.url);
    human.ok(&["overseer", "register", "--name", "Ada", "--email", "ada@example.org"]);
    let log_in = |password: &str| {
        let mut command = human.command(&["overseer", "login", "--email", "ada@example.org", "--password-stdin"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.env("AGENTID_PASSWORD", "not this one").spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
        child.wait().unwrap().code()
    };
    assert_eq!(log_in(PASSWORD), Some(0));
    assert_eq!(log_in("another harbour"), Some(1));
}

#[test]
fn the_session_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = TestServer::in_real_time();
    let human = Cli::new(&server.url);
    human.ok(&["overseer", "register", "--name", "Ada", "--email", "ada@example.org"]);
    let path = human.home.path().join(".local/share/agentid/overseers/default.json");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    human.run(&["overseer", "agents"]).exits(1).says("chmod 600");
}
