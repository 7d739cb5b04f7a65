//! An agent's whole life, by command line.

use super::Cli;
use crate::support::TestServer;

#[test]
fn an_agent_lives_from_key_to_deletion() {
    let server = TestServer::in_real_time();
    let cli = Cli::new(&server.url);
    let key = cli.json(&["agent", "keygen"]);
    assert!(key["openssh"].as_str().unwrap().starts_with("ssh-ed25519 "), "{key}");

    let registered = cli.json(&["agent", "register", "--name", " news reader ", "--description", "reads"]);
    assert_eq!(registered["agent"]["public_key"], key["public_key"]);
    assert_eq!(registered["agent"]["name"], "news reader");
    let id = registered["agent"]["id"].as_str().unwrap();
    cli.run(&["agent", "register", "--name", "again"]).exits(1).says(id);

    cli.ok(&["agent", "whoami"]).says(id).says("nobody");
    cli.ok(&["agent", "update", "--name", "writer"]).says("writer").says("reads");
    cli.ok(&["agent", "history"]).says("nobody has asked");
    cli.ok(&["agent", "token", "--resource", "https://api.example"]);
    cli.ok(&["agent", "history"]).says("https://api.example").says("approved").says("writer");

    let old_session = cli.json(&["agent", "login"])["session_id"].as_str().unwrap().to_owned();
    server.get("/v1/agents/me").session(&old_session).send().expect(200);
    cli.ok(&["agent", "logout"]);
    server.get("/v1/agents/me").session(&old_session).send().refused(401, "not_authenticated");
    cli.run(&["agent", "logout"]).exits(1).says("no session");

    cli.run(&["agent", "delete"]).exits(1).says("--yes");
    cli.ok(&["agent", "whoami"]);
    cli.ok(&["agent", "delete", "--yes"]).says("key.pem");
    assert!(cli.profile("key.pem").exists());
    cli.run(&["agent", "whoami"]).exits(1).says("not registered");
}

#[test]
fn a_machine_that_has_the_key_finds_out_whose_it_is() {
    let server = TestServer::in_real_time();
    let first = Cli::registered(&server);
    let second = Cli::new(&server.url);
    second.ok(&["agent", "keygen", "--key", first.profile("key.pem").to_str().unwrap()]);
    second.run(&["agent", "register", "--name", "again"]).exits(1).says("public_key_taken");
    second.ok(&["agent", "login"]);
    assert_eq!(second.agent_id(), first.agent_id());
}

#[test]
fn profiles_are_apart_and_belong_to_one_server() {
    let (server, other) = (TestServer::in_real_time(), TestServer::in_real_time());
    let cli = Cli::registered(&server);
    cli.ok(&["agent", "keygen", "--profile", "second"]);
    cli.run(&["agent", "whoami", "--profile", "second"]).exits(1).says("not registered");
    cli.ok(&["agent", "register", "--profile", "second", "--name", "second", "--server", &other.url]);
    // AGENTID_SERVER names the first server, to which the second profile's calls must not go.
    cli.run(&["agent", "whoami", "--profile", "second"]).exits(1).says("belongs to").says(&other.url);
    cli.ok(&["agent", "whoami", "--profile", "second", "--server", &other.url]);
    cli.run(&["agent", "whoami", "--server", &other.url]).exits(1).says("belongs to");
    cli.run(&["agent", "whoami", "--profile", "../default"]).exits(1).says("not a profile's name");
}
