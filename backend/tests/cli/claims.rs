//! Claims: the overseer waits, the agent agrees, declines or leaves.

use std::process::Stdio;

use super::Cli;
use crate::support::{Agent, Overseer, TestServer};

/// An overseer of the server, and the id of their pending claim on the agent of the home folder.
fn claimed(server: &TestServer, cli: &Cli) -> (Overseer, String) {
    let overseer = Overseer::register(server);
    let agent = Agent { id: cli.agent_id(), ..Agent::unregistered() };
    let claim = overseer.claim(server, &agent).expect(200).text_of("challenge_id");
    (overseer, claim)
}

#[test]
fn an_agent_agrees_by_address_and_leaves() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let (overseer, claim) = claimed(&server, &cli);
    let url = format!("{}/v1/agents/claim/complete/{claim}", server.url);
    cli.ok(&["agent", "claim", &url, "--overseer", &overseer.id, "--yes"]);
    cli.ok(&["agent", "whoami"]).says(&overseer.id);
    cli.ok(&["agent", "revoke-overseer"]);
    cli.run(&["agent", "revoke-overseer"]).exits(1).says("no_overseer");
}

#[test]
fn an_address_of_another_server_is_refused() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let (overseer, claim) = claimed(&server, &cli);
    for host in ["https://id.example.org".to_owned(), format!("{}.example.org", server.url), format!("{}0", server.url)]
    {
        let url = format!("{host}/v1/agents/claim/complete/{claim}");
        cli.run(&["agent", "claim", &url, "--overseer", &overseer.id, "--yes"]).exits(1).says("is not an address of");
    }
    cli.ok(&["agent", "claim", &claim, "--overseer", &overseer.id, "--yes"]);
}

#[test]
fn an_agent_agrees_only_to_the_one_it_names_and_may_decline() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let (overseer, claim) = claimed(&server, &cli);
    let other = Overseer::register(&server);
    cli.run(&["agent", "claim", &claim, "--overseer", &other.id, "--yes"]).exits(1).says("wrong_overseer");
    cli.ok(&["agent", "claim", &claim, "--overseer", &overseer.id, "--reject"]).says("rejected");
    cli.ok(&["agent", "whoami"]).says("nobody");
}

#[test]
fn an_overseer_waits_for_the_answer() {
    let server = TestServer::in_real_time();
    let (agent, human) = (Cli::registered(&server), Cli::new(&server.url));
    human.ok(&["overseer", "register", "--name", "Ada", "--email", "ada@example.org"]);
    let id = agent.agent_id();
    for (answer, code) in [("--reject", 1), ("--yes", 0)] {
        let mut wait = human.command(&["overseer", "claim", &id, "--wait", "--json"]);
        let mut child = wait.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The command for the agent comes at once, before the answer.
        let mut command = String::new();
        let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
        std::io::BufRead::read_line(&mut stderr, &mut command).unwrap();
        let command: Vec<&str> = command.trim_end().split(' ').skip(1).chain([answer]).collect();
        agent.ok(&command);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{answer}");
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let (member, value) = if code == 0 { ("status", "completed") } else { ("code", "claim_rejected") };
        assert_eq!(told[member], value);
    }
}
