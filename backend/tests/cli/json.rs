//! `--json` gives one object, whatever the command, done or refused.

use super::Cli;
use crate::support::TestServer;

#[test]
fn every_command_prints_one_json_object() {
    let server = TestServer::in_real_time();
    let cli = Cli::new(&server.url);
    let data = server.folder().to_str().unwrap();
    let is_object = |arguments: &[&str]| assert!(cli.json(arguments).is_object(), "{arguments:?}");
    is_object(&["agent", "keygen"]);
    is_object(&["agent", "register", "--name", "test"]);
    is_object(&["overseer", "register", "--name", "Ada", "--email", "ada@example.org"]);
    let agent = cli.agent_id();
    let claim = cli.json(&["overseer", "claim", &agent]);
    let (claim, overseer) = (claim["challenge_id"].as_str().unwrap(), claim["overseer_id"].as_str().unwrap());
    is_object(&["agent", "claim", claim, "--overseer", overseer, "--yes"]);
    for arguments in [
        &["agent", "login"] as &[&str],
        &["agent", "whoami"],
        &["agent", "update", "--name", "better"],
        &["agent", "token", "--resource", "https://api.example"],
        &["agent", "history"],
        &["overseer", "agents"],
        &["overseer", "stop", &agent],
        &["overseer", "resume", &agent],
        &["agent", "login"],
        &["agent", "logout"],
        &["agent", "rotate-key"],
        &["agent", "revoke-overseer"],
        &["overseer", "logout"],
        &["overseer", "login", "--email", "ada@example.org"],
        &["admin", "agents", "--data", data],
        &["admin", "overseers", "--data", data],
        &["admin", "stop", &agent, "--data", data],
        &["admin", "resume", &agent, "--data", data],
        &["agent", "delete", "--yes"],
        &["config"],
    ] {
        is_object(arguments);
    }
    for arguments in [
        &["agent", "whoami"] as &[&str],
        &["agent", "keygen"],
        &["overseer", "declaim", &agent],
        &["admin", "stop", &agent, "--data", data],
    ] {
        let refused = cli.run(&[arguments, &["--json"]].concat()).exits(1).json();
        assert_eq!(refused["success"], false, "{arguments:?}");
        assert!(refused["code"].is_string() && refused["error"].is_string(), "{refused}");
    }
}

#[test]
fn every_command_of_an_application_prints_one_json_object() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    cli.ok(&["overseer", "register", "--name", "Ada", "--email", "ada@example.org"]);
    let is_object = |arguments: &[&str]| {
        let answer = cli.json(arguments);
        assert!(answer.is_object(), "{arguments:?}");
        answer
    };
    let register = ["client", "register", "--name", "app", "--redirect-uri", "https://app.example/callback"];
    let client = is_object(&[&register[..], &["--as", "agent"]].concat())["client"]["id"].clone();
    let pkce = is_object(&["client", "pkce"]);
    let challenge = pkce["code_challenge"].as_str().unwrap();
    let authorize = ["agent", "authorize", client.as_str().unwrap(), "--redirect-uri", "https://app.example/callback"];
    let code = is_object(&[&authorize[..], &["--code-challenge", challenge]].concat())["code"].clone();
    let verifier = pkce["code_verifier"].as_str().unwrap();
    is_object(&["client", "exchange", "--code", code.as_str().unwrap(), "--verifier", verifier]);
    for arguments in [
        &["userinfo"] as &[&str],
        &["introspect"],
        &["refresh"],
        &["revoke"],
        &["token"],
        &["list"],
        &["update", "--name", "other"],
        &["rotate-secret"],
        &["disable"],
        &["enable"],
    ] {
        is_object(&[&["client"], arguments].concat());
    }
    for arguments in [&["refresh"] as &[&str], &["userinfo"], &["rotate-key"]] {
        let refused = cli.run(&[&["client"], arguments, &["--json"]].concat()).exits(1).json();
        assert_eq!(refused["success"], false, "{arguments:?}");
    }
    is_object(&["client", "delete", "--yes"]);
}
