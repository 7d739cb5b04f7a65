//! An application on the command line: registered, given tokens, asked, blocked, deleted.

mod elsewhere;
mod races;
mod strict;

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;

use super::Cli;
use crate::support::TestServer;

const REDIRECT_URI: &str = "https://app.example/callback";

/// A registered agent and a client that it owns.
fn with_client(server: &TestServer, more: &[&str]) -> (Cli, String) {
    let cli = Cli::registered(server);
    let register = ["client", "register", "--name", "my-app", "--redirect-uri", REDIRECT_URI];
    let id = cli.json(&[&register[..], more].concat())["client"]["id"].as_str().unwrap().to_owned();
    (cli, id)
}

/// A code for the client, and its verifier.
fn authorized(cli: &Cli, id: &str) -> (String, String) {
    let pkce = cli.json(&["client", "pkce"]);
    let challenge = pkce["code_challenge"].as_str().unwrap();
    let authorize = ["agent", "authorize", id, "--redirect-uri", REDIRECT_URI, "--code-challenge", challenge];
    let code = cli.json(&authorize)["code"].as_str().unwrap().to_owned();
    (code, pkce["code_verifier"].as_str().unwrap().to_owned())
}

fn exchange(cli: &Cli, id: &str, more: &[&str]) -> Value {
    let (code, verifier) = authorized(cli, id);
    cli.json(&[&["client", "exchange", "--code", &code, "--verifier", &verifier][..], more].concat())
}

fn known(cli: &Cli) -> std::path::PathBuf {
    cli.home.path().join(".local/share/agentid/clients/default.json")
}

#[test]
fn every_kind_of_client_gets_and_uses_tokens() {
    for method in ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"] {
        let server = TestServer::in_real_time();
        let (cli, id) = with_client(&server, &["--method", method]);
        assert_eq!(exchange(&cli, &id, &[])["token_type"], "Bearer", "{method}");
        assert_eq!(cli.json(&["client", "userinfo"])["sub"], cli.agent_id().as_str());
        let before = std::fs::read_to_string(known(&cli)).unwrap();
        let refreshed = cli.json(&["client", "refresh"]);
        let after = std::fs::read_to_string(known(&cli)).unwrap();
        assert_ne!(before, after);
        assert!(after.contains(refreshed["refresh_token"].as_str().unwrap()), "the next one is kept");
        cli.ok(&["client", "revoke"]);
        cli.run(&["client", "userinfo"]).exits(1).says("no access token");
    }
}

#[test]
fn a_bound_token_stays_bound_to_the_key_of_the_profile() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &["--dpop"]);
    let (code, verifier) = authorized(&cli, &id);
    let unbound = ["client", "exchange", "--code", &code, "--verifier", &verifier];
    cli.run(&unbound).exits(1).says("DPoP proof");
    assert_eq!(exchange(&cli, &id, &["--dpop"])["token_type"], "DPoP");
    assert_eq!(cli.json(&["client", "userinfo"])["sub"], cli.agent_id().as_str());
    assert_eq!(cli.json(&["client", "refresh"])["token_type"], "DPoP");
    assert_eq!(cli.json(&["client", "introspect"])["active"], true);
}

/// An agent that authorizes sees whom, and what it lets them know.
#[test]
fn an_authorization_needs_a_challenge_and_says_what_it_is() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    let bare = ["agent", "authorize", &id, "--redirect-uri", REDIRECT_URI];
    for arguments in [&bare[..], &[&bare[..], &["--json"]].concat()] {
        let refused = cli.run(arguments).exits(2).says("agentid client pkce");
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
    let challenge = "A".repeat(43);
    let whole = [&bare[..], &["--code-challenge", &challenge, "--scope", "name"]].concat();
    let shown = cli.ok(&whole).stdout;
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("client ") && lines[0].ends_with(&id), "{shown}");
    assert!(lines[1].starts_with("code ") && lines[2].starts_with("scope ") && lines[2].ends_with(" name"), "{shown}");
    assert_eq!(cli.json(&whole)["scope"], "name");
}

/// Base64url begins with a hyphen once in 64 times.
#[test]
fn a_value_may_begin_with_a_hyphen() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    cli.run(&["client", "exchange", "--code", "-3code", "--verifier", "-3verifier"]).exits(1);
    let value = format!("-{}", "c".repeat(42));
    let mut arguments = vec!["agent", "authorize", &id, "--redirect-uri", "https://wrong.example"];
    arguments.extend(["--code-challenge", &value, "--state", "-s", "--dpop-jkt", &value]);
    cli.run(&arguments).exits(1);
}

#[test]
fn a_token_can_come_by_standard_input() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    let token = exchange(&cli, &id, &[])["access_token"].as_str().unwrap().to_owned();
    let given = |text: &str| {
        use std::io::Write as _;
        let mut command = cli.command(&["client", "introspect", "-", "--json"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["active"].clone()
    };
    assert_eq!(given(&format!("{token}\n")), true);
    assert_eq!(given("rubbish"), false);
}

/// The server answers alike, so that nobody can try tokens out; to say "revoked" would be false.
#[test]
fn a_token_of_another_client_is_not_said_to_be_revoked() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    let tokens = exchange(&cli, &id, &[]);
    let token = tokens["access_token"].as_str().unwrap();
    let (other, _) = with_client(&server, &[]);
    let shown = other.ok(&["client", "revoke", token]).says("if it is one of this client's");
    assert!(!shown.stdout.contains("revoked"), "{shown:?}");
    cli.ok(&["client", "userinfo"]);
    cli.ok(&["client", "revoke", token]).says("if it is one of this client's");
    cli.run(&["client", "userinfo"]).exits(1).says("invalid_token");
    exchange(&cli, &id, &[]);
    let own = cli.ok(&["client", "revoke"]);
    assert_eq!(own.stdout, "revoked\n");
}

#[test]
fn the_secret_is_shown_once_and_kept_for_its_owner_alone() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    let mode = std::fs::metadata(known(&cli)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(known(&cli)).unwrap()).unwrap();
    let secret = kept["secret"].as_str().unwrap().to_owned();
    for command in [&["client", "list"][..], &["client", "update", "--name", "other"], &["client", "enable"]] {
        let run = cli.ok(command);
        assert!(!run.stdout.contains(&secret), "{run:?}");
    }
    cli.run(&["client", "update"]).exits(1).says("nothing is to change");
    let new = cli.json(&["client", "rotate-secret"])["client_secret"].as_str().unwrap().to_owned();
    assert_ne!(new, secret);
    exchange(&cli, &id, &[]);
    cli.run(&["client", "rotate-key"]).exits(1).says("no key");
    cli.run(&["client", "register", "--name", "another", "--redirect-uri", REDIRECT_URI]).exits(1).says("--replace");
}

#[test]
fn a_key_can_be_replaced() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &["--method", "private_key_jwt"]);
    let before = cli.json(&["client", "list"])["clients"][0]["public_key"].clone();
    let after = cli.json(&["client", "rotate-key"])["client"]["public_key"].clone();
    assert_ne!(before, after);
    exchange(&cli, &id, &[]);
    cli.run(&["client", "rotate-secret"]).exits(1).says("no secret");
}

#[test]
fn an_owner_switches_a_client_off_and_deletes_it() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    exchange(&cli, &id, &[]);
    cli.ok(&["client", "disable", "--reason", "its secret leaked"]).says("its secret leaked");
    cli.run(&["client", "userinfo"]).exits(1).says("invalid_token");
    cli.ok(&["client", "enable"]);
    exchange(&cli, &id, &[]);
    cli.run(&["client", "delete"]).exits(1).says("--yes");
    cli.ok(&["client", "delete", "--yes"]);
    cli.ok(&["client", "list"]).says("no client yet");
    cli.run(&["client", "refresh"]).exits(1).says("no client");
}

#[test]
fn an_overseer_blocks_a_client_for_an_agent() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    let agent = cli.agent_id();
    cli.ok(&["overseer", "register", "--name", "Ada", "--email", "ada@example.org"]);
    cli.run(&["overseer", "block", &agent, &id]).exits(1).says("not_your_agent");
    let claim = cli.json(&["overseer", "claim", &agent]);
    let (challenge, overseer) = (claim["challenge_id"].as_str().unwrap(), claim["overseer_id"].as_str().unwrap());
    cli.ok(&["agent", "claim", challenge, "--overseer", overseer, "--yes"]);
    exchange(&cli, &id, &[]);
    cli.ok(&["overseer", "blocked", &agent]).says("no application is blocked");
    cli.ok(&["overseer", "block", &agent, &id]);
    cli.ok(&["overseer", "blocked", &agent]).says(&id);
    cli.run(&["client", "userinfo"]).exits(1).says("invalid_token");
    let challenge = "A".repeat(43);
    let authorize = ["agent", "authorize", &id, "--redirect-uri", REDIRECT_URI, "--code-challenge", &challenge];
    cli.run(&authorize).exits(1).says("access_denied");
    cli.ok(&["overseer", "unblock", &agent, &id]);
    cli.ok(&authorize);
    cli.run(&["overseer", "unblock", &agent, &id]).exits(1).says("block_not_found");
}
