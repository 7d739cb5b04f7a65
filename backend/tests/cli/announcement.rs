//! What the server says at start: what it refuses, and whom that concerns.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::support::process::{agentid, argument};
use crate::support::{Agent, Client, Mailbox, Overseer, TestServer};

/// What `agentid serve` prints on this folder until it says what to do next.
fn announcement(folder: &std::path::Path, settings: &[&str]) -> String {
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", argument(folder)];
    arguments.extend(settings.iter().flat_map(|setting| ["--set", *setting]));
    let mut server = agentid(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said: Vec<String> = lines.take_while(|line| !line.starts_with("Next:")).collect();
    server.kill().unwrap();
    server.wait().unwrap();
    said.join("\n")
}

#[test]
fn it_says_what_it_refuses_and_counts_who_gets_nothing() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    for more in [
        json!({}),
        json!({ "token_endpoint_auth_method": "none" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt", "id_token_signed_response_alg": "RS256" }),
    ] {
        Client::register(&server, &overseer, more);
    }
    let folder = server.stop();
    let usual = announcement(folder.path(), &[]);
    assert!(usual.contains("listens on") && !usual.contains("profile"), "{usual}");
    let strict = announcement(folder.path(), &["oauth.profile=fapi2"]);
    for said in [
        "profile   fapi2. It refuses:",
        "by a secret or not at all",
        "not pushed",
        "without a DPoP proof",
        "3 registered clients are of that kind and get nothing.",
    ] {
        assert!(strict.contains(said), "{said}: {strict}");
    }
}

#[test]
fn it_says_where_mail_goes_and_counts_who_is_no_overseer_yet() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    // Two answer for an agent, one of them with a confirmed address; the third answers for nobody.
    let overseers = [(); 3].map(|()| Overseer::register(&server));
    overseers[..2].iter().for_each(|overseer| overseer.oversee(&server, &Agent::register(&server)));
    let token = mailbox.one(&server, &overseers[0].email).token("confirm-email");
    let path = "/v1/overseers/me/email/confirmation";
    overseers[0].call(&server, "PUT", path).json(&json!({ "token": token })).send().expect(200);
    let folder = server.stop();
    let settings = ["mail.url=smtp://us:hidden@mail.example.org", "mail.from=id@example.org"];
    let said = announcement(folder.path(), &settings);
    assert!(said.contains("mail      smtp://us:***@mail.example.org, from id@example.org"), "{said}");
    assert!(said.contains("  1 overseers have not confirmed their address"), "{said}");
    let usual = announcement(folder.path(), &[]);
    assert!(!usual.contains("mail"), "{usual}");
}
