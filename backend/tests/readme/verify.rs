//! "Verify a token" in Python and Node: a token for the API is accepted, one for another is refused.

use std::process::Command;

use agentid::clock::Clock;

use super::{block, root, run, succeed};
use crate::support::{Agent, TestServer};

struct Tokens {
    server: TestServer,
    agent: Agent,
    good: String,
    foreign: String,
}

fn tokens() -> Tokens {
    let server = TestServer::in_folder(tempfile::tempdir().unwrap(), Clock::system(), |_| {});
    let agent = Agent::register(&server);
    let token = |resource| agent.token(&server, &[("resource", resource)]).expect(200).text_of("access_token");
    let (good, foreign) = (token("https://api.example"), token("https://other.example"));
    Tokens { server, agent, good, foreign }
}

#[track_caller]
fn check(verify: impl Fn(&str) -> Command, tokens: &Tokens, says: &str) {
    let command = |token: &str| {
        let mut command = verify(token);
        command.env("ISSUER", &tokens.server.url);
        command
    };
    assert_eq!(succeed(&mut command(&tokens.good)).trim(), tokens.agent.id);
    let refused = run(&mut command(&tokens.foreign));
    assert!(!refused.status.success());
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert!(errors.contains(says), "refused for another reason: {errors}");
}

#[test]
fn in_python() {
    let code = block("verify: python");
    let python = root().join("target/tools/python/bin/python");
    let verify = |token: &str| {
        let mut command = Command::new(&python);
        command.args(["-c", &code, token]);
        command
    };
    check(verify, &tokens(), "InvalidAudienceError");
}

#[test]
fn in_node() {
    let code = block("verify: node");
    // Node looks for the library beside the file.
    let file = tempfile::Builder::new().suffix(".mjs").tempfile_in(root().join("target/tools/node")).unwrap();
    std::fs::write(&file, code).unwrap();
    let verify = |token: &str| {
        let mut command = Command::new("node");
        command.arg(file.path()).arg(token);
        command
    };
    check(verify, &tokens(), "JWTClaimValidationFailed");
}
