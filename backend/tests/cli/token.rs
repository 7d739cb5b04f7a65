//! `agent token`: one call, and a cache that never hands out what is over.

use super::Cli;
use crate::support::TestServer;

const API: [&str; 4] = ["agent", "token", "--resource", "https://api.example"];

fn token(cli: &Cli, more: &[&str]) -> String {
    cli.ok(&[API.as_slice(), more].concat()).stdout.trim_end().to_owned()
}

#[test]
fn a_token_stands_alone_on_standard_output_and_is_used_again() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let first = token(&cli, &[]);
    assert_eq!(first.split('.').count(), 3, "{first}");
    assert_eq!(token(&cli, &[]), first);
    assert_ne!(token(&cli, &["--scope", "id"]), first, "another scope is another token");
    assert_ne!(token(&cli, &["--resource", "https://other.example"]), first, "another API is another token");
    assert_eq!(token(&cli, &[]), first);
    let fresh = token(&cli, &["--fresh"]);
    assert_ne!(fresh, first);
    assert_eq!(token(&cli, &[]), fresh);
}

#[test]
fn resources_are_a_set() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let (one, other) = ("https://one.example", "https://other.example");
    let first = cli.ok(&["agent", "token", "--resource", one, "--resource", other]).stdout;
    assert_eq!(cli.ok(&["agent", "token", "--resource", other, "--resource", one]).stdout, first);
}

#[test]
fn a_token_with_less_than_a_minute_left_is_not_used_again() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let first = token(&cli, &[]);
    let mut state = cli.state();
    let expires_at = state["tokens"][0]["expires_at"].as_i64().unwrap();
    // It was made for 900 seconds, so this leaves it between 0 and 60.
    state["tokens"][0]["expires_at"] = (expires_at - 850).into();
    cli.write("profile.json", &state.to_string());
    assert_ne!(token(&cli, &[]), first);
}

#[test]
fn logout_and_rotation_forget_the_tokens() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let first = token(&cli, &[]);
    cli.ok(&["agent", "logout"]);
    let second = token(&cli, &[]);
    assert_ne!(second, first);
    cli.ok(&["agent", "rotate-key"]);
    assert_ne!(token(&cli, &[]), second);
}
