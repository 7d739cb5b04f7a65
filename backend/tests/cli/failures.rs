//! How commands fail: exit codes, the server's own words, and servers that are not what they seem.

use serde_json::json;

use super::Cli;
use super::fake_server::{FreePort, Reply};
use crate::support::TestServer;

const AGENT: &str = "01a20c76-6cef-7070-b576-2f2f070d4e87";

/// A home folder whose profile is registered with a server that answers every call like this.
fn answered(status: u16, headers: &'static str, body: serde_json::Value) -> Cli {
    let port = FreePort::find();
    let cli = Cli::new(&port.url);
    cli.ok(&["agent", "keygen"]);
    cli.write("profile.json", &json!({ "server": port.url, "agent_id": AGENT }).to_string());
    port.serve(move |_| Some(Reply { status, headers: headers.to_owned(), body: body.clone() }));
    cli
}

#[test]
fn a_refusal_exits_with_1_and_carries_the_servers_words() {
    let body = json!({ "success": false, "code": "agent_stopped", "error": "The agent is stopped." });
    let cli = answered(403, "", body.clone());
    let run = cli.run(&["agent", "whoami"]).exits(1);
    assert_eq!(run.stderr, "error: The agent is stopped. (agent_stopped)\n");
    assert_eq!(run.stdout, "");
    assert_eq!(cli.run(&["agent", "whoami", "--json"]).exits(1).json(), body);
}

#[test]
fn wrong_usage_exits_with_2() {
    let cli = Cli::new("http://127.0.0.1:1");
    for arguments in [
        &["agent", "nonsense"] as &[&str],
        &["agent", "register"],
        &["agent", "update"],
        &["agent", "claim", AGENT, "--overseer", "Ada"],
        &["overseer", "stop"],
        &["agent", "history", "--limit", "0"],
    ] {
        cli.run(arguments).exits(2);
    }
}

#[test]
fn a_server_that_is_away_or_busy_exits_with_3() {
    let away = Cli::new("http://127.0.0.1:1");
    away.ok(&["agent", "keygen"]);
    away.run(&["agent", "register", "--name", "test"]).exits(3).says("can not be reached");
    let json = away.run(&["agent", "register", "--name", "test", "--json"]).exits(3).json();
    assert_eq!(json["code"], "unreachable");
    for status in [429, 503] {
        let body = json!({ "success": false, "code": "unavailable", "error": "Try again." });
        answered(status, "", body).run(&["agent", "whoami"]).exits(3).says("Try again.");
    }
    answered(500, "", json!({})).run(&["agent", "whoami"]).exits(1);
}

#[test]
fn tls_is_there_and_refuses_what_is_no_tls() {
    let port = FreePort::find();
    let url = port.url.replace("http:", "https:");
    port.serve(|_| None);
    let cli = Cli::new(&url);
    cli.ok(&["agent", "keygen"]);
    cli.run(&["agent", "register", "--name", "test"]).exits(3).says("can not be reached");
}

#[test]
fn nothing_is_sent_in_clear_beyond_this_machine() {
    let cli = Cli::new("http://id.example.org");
    cli.ok(&["agent", "keygen"]);
    cli.run(&["agent", "register", "--name", "test"]).exits(1).says("use https");
}

#[test]
fn a_server_with_another_name_is_refused() {
    let server = TestServer::in_real_time();
    let cli = Cli::new(&server.url.replace("127.0.0.1", "localhost"));
    cli.ok(&["agent", "keygen"]);
    cli.run(&["agent", "register", "--name", "test"]).exits(1).says("wrong_issuer").says(&server.url);
}

#[test]
fn a_slash_at_the_end_is_the_same_server() {
    let server = TestServer::in_real_time();
    let cli = Cli::new(&format!("{}/", server.url));
    cli.ok(&["agent", "keygen"]);
    cli.ok(&["agent", "register", "--name", "test"]);
    cli.ok(&["agent", "whoami"]);
}

#[test]
fn a_redirect_is_not_followed() {
    let server = TestServer::in_real_time();
    let location = format!("location: {}/health\r\n", server.url);
    let cli = answered(302, location.leak(), json!({}));
    cli.run(&["agent", "whoami"]).exits(1).says("answered 302");
}

#[test]
fn a_clock_that_differs_is_named() {
    let refused = json!({ "error": "invalid_client", "error_description": "The assertion does not hold." });
    let cli = answered(401, "date: Fri, 01 Jan 2100 00:00:00 GMT\r\n", refused.clone());
    cli.run(&["agent", "token"]).exits(1).says("(invalid_client)").says("behind the server's");
    let cli = answered(401, "date: Wed, 01 Jan 2020 00:00:00 GMT\r\n", refused.clone());
    cli.run(&["agent", "token"]).exits(1).says("ahead of the server's");
    let run = answered(401, "", refused).run(&["agent", "token"]).exits(1).says("The assertion does not hold.");
    assert!(!run.stderr.contains("clock"), "{run:?}");
}
